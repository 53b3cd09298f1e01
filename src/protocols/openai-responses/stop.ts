import type { Part, Stop } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'

/** Why the model stopped, from a response's `status` and `incomplete_details`. */
export function decodeStop(response: JsonObject, parts: Iterable<Pick<Part, 'type'>>): Stop {
  const status = text(response.status) ?? null
  const reason = text(object(response.incomplete_details)?.reason)
  if (status === 'incomplete') {
    if (reason === 'max_output_tokens') return { reason: 'length', raw: reason }
    if (reason === 'content_filter') return { reason: 'refusal', raw: reason }
    return { reason: 'other', raw: reason ?? status }
  }
  for (const part of parts) {
    if (part.type === 'tool-call') return { reason: 'tool-calls', raw: status }
  }
  return { reason: status === 'completed' ? 'end' : 'other', raw: status }
}

/** The status of the response, and why it is incomplete if it is. */
export function encodeStop(stop: Stop): { status: string; incomplete_details: JsonObject | null } {
  const { raw } = stop
  if (raw === 'queued' || raw === 'in_progress' || raw === 'cancelled')
    return { status: raw, incomplete_details: null }
  if (stop.reason === 'length')
    return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
  if (stop.reason === 'refusal')
    return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }
  return { status: 'completed', incomplete_details: null }
}
