import type { Draft } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** What a value stands for: `os.environ/NAME` is a variable, unless the file sets it. */
export type ResolveVariable = (value: string) => string

/** Resolves by `environment_variables`. */
export function readVariables(config: TrackedSettings): ResolveVariable {
  const given = config.mapping('environment_variables')
  return value => {
    const name = /^os\.environ\/(\w+)$/.exec(value)?.[1]
    if (name === undefined) return value
    return given.text(name) ?? `\${${name}}`
  }
}

/** Notes the `environment_variables` that nothing refers to. */
export function noteUnused(config: TrackedSettings, draft: Draft): void {
  const given = config.mapping('environment_variables')
  for (const path of given.unread())
    draft.noteUnneeded(
      path,
      'nothing that is taken over refers to it; export it if something else does',
    )
  for (const name of given.names()) given.raw(name)
}

/** `credential_list`: members by name, for deployments that name them. */
export function readCredentials(config: TrackedSettings): Map<string, TrackedSettings> {
  return new Map(
    config.mappings('credential_list').flatMap((entry): [string, TrackedSettings][] => {
      const name = entry.text('credential_name')
      entry.raw('credential_info')
      return name ? [[name, entry.mapping('credential_values')]] : []
    }),
  )
}
