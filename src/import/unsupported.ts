import { type Draft, noteDropped, noteUnneeded } from './draft.ts'
import type { TrackedSettings } from './tracked-settings.ts'

/** By setting, why it is not taken over and what to do; a dot leads into a section. */
export type Reasons = Readonly<Record<string, string>>

/** Settings that share a reason. */
export function allFor(why: string, names: readonly string[]): Reasons {
  return Object.fromEntries(names.map(name => [name, why]))
}

/** Says of each of these settings that is there why it is not taken over. */
export function leaveBehind(
  reading: TrackedSettings,
  reasons: { lost?: Reasons; idle?: Reasons },
  draft: Draft,
): void {
  for (const [told, tell] of [
    [reasons.lost, noteDropped],
    [reasons.idle, noteUnneeded],
  ] as const)
    for (const [path, why] of Object.entries(told ?? {})) {
      const steps = path.split('.')
      const name = steps.pop() ?? ''
      const section = steps.reduce((within, step) => within.mapping(step), reading)
      if (section.isGiven(name)) tell(draft, section.path(name), why)
      section.raw(name)
    }
}
