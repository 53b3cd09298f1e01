import { type Draft, noteDropped, noteUnneeded } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

const PREFIX = 'CUSTOM_HEADER_'
/** What a gateway says itself of each request. */
const OURS = ['host', 'content-length', 'content-type', 'accept']

/** `CUSTOM_HEADER_X_TEAM` is the header `x-team`. */
export function customHeaders(env: TrackedSettings, draft: Draft) {
  const headers: Record<string, string> = {}
  let authorization: string | undefined
  for (const variable of env.names().filter(name => name.startsWith(PREFIX))) {
    const name = variable.slice(PREFIX.length).replaceAll('_', '-').toLowerCase()
    const value = env.text(variable)
    if (name === '' || value === undefined) continue
    if (OURS.includes(name)) noteUnneeded(draft, variable, 'is said by the gateway itself')
    else if (/^\$(?!\{)/.test(value))
      noteDropped(
        draft,
        variable,
        'begins with "$", which copies a header of the client here; write it by hand',
      )
    else if (name === 'authorization') authorization = value
    else headers[name] = value
  }
  return { headers, authorization }
}
