import type { Target } from './table.ts'

/** `provider/model`: how a target is called. */
export function targetName({ provider, model }: Pick<Target, 'provider' | 'model'>): string {
  return `${provider.id}/${model}`
}
