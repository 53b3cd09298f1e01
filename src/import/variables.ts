import type { ImportServices } from './draft.ts'

/**
 * `$NAME` as routes.yaml writes it: `${NAME}`. Within a text only where there is such a variable,
 * since a dollar may be meant as one.
 */
export function withVariables(text: string, { env }: Pick<ImportServices, 'env'>): string {
  if (/^\$[A-Za-z_]\w*$/.test(text)) return `\${${text.slice(1)}}`
  return text.replace(/\$([A-Z_][A-Z0-9_]*)/g, (reference, name: string) =>
    env[name] === undefined ? reference : `\${${name}}`,
  )
}
