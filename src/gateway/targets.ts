import type { Route, Target } from '../config/table.ts'

export function targetsOf(route: Route): Target[] {
  return route.steps.flatMap(step => [...step.members])
}

/** `provider/model`: how a target is called. */
export function targetName({ provider, model }: Target): string {
  return `${provider.id}/${model}`
}
