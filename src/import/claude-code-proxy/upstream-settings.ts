import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { type Draft, filled } from '../draft.ts'
import { seconds } from '../durations.ts'
import { isAddress } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** What every provider made of the file has, whatever its address. */
export type UpstreamSettings = { key: JsonValue; shared: JsonObject }

export function readUpstreamSettings(env: TrackedSettings, draft: Draft): UpstreamSettings {
  const key = readKey(env, draft)
  const { headers, authorization } = customHeaders(env, draft)
  const timeout = env.number('REQUEST_TIMEOUT')
  return {
    // A header of the user's own went before the key.
    key: authorization ? { key, headers: { authorization } } : key,
    shared: filled({
      headers,
      timeout: timeout ? { 'first-byte': seconds(timeout), idle: seconds(timeout) } : undefined,
    }),
  }
}

function readKey(env: TrackedSettings, draft: Draft): string {
  const key = env.text('OPENAI_API_KEY')
  if (key === undefined)
    draft.noteDropped('OPENAI_API_KEY', 'is not set in the file; set it where jackfield runs')
  return key ?? '${OPENAI_API_KEY}'
}

const OPENAI = 'https://api.openai.com/v1'

/** An address that is written, where it is one; else OpenAI's own. */
export function openaiAddress(written: string | undefined, draft: Draft): string {
  if (written === undefined || isAddress(written)) return written ?? OPENAI
  draft.noteDropped('OPENAI_BASE_URL', `is no http or https address; ${OPENAI} is used`)
  return OPENAI
}

const PREFIX = 'CUSTOM_HEADER_'
/** Headers that the gateway sets on each request. */
const OURS = ['host', 'content-length', 'content-type', 'accept']

/** `CUSTOM_HEADER_X_TEAM` is the header `x-team`. */
function customHeaders(env: TrackedSettings, draft: Draft) {
  const headers: Record<string, string> = {}
  let authorization: string | undefined
  for (const variable of env.names().filter(name => name.startsWith(PREFIX))) {
    const name = variable.slice(PREFIX.length).replaceAll('_', '-').toLowerCase()
    const value = env.text(variable)
    if (name === '' || value === undefined) continue
    if (OURS.includes(name)) draft.noteUnneeded(variable, 'is set by the gateway itself')
    else if (/^\$(?!\{)/.test(value))
      draft.noteDropped(
        variable,
        'begins with "$", which copies a header of the client here; write it by hand',
      )
    else if (name === 'authorization') authorization = value
    else headers[name] = value
  }
  return { headers, authorization }
}
