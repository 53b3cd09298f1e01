import { goDurationMs } from '../lib/go-duration.ts'
import { parseObject } from '../lib/json/json.ts'
import { object, objects, text } from '../lib/json/read-json.ts'
import type { Envelope, Limits } from './kind.ts'

/**
 * Code Assist takes a request of Gemini as a member beside the project and the model, and gives the
 * response as a member. A count has neither project nor model.
 */
export const codeAssistEnvelope: Envelope = {
  opening({ action, model, project }) {
    if (action === 'count-tokens') return '{"request":'
    const named = project === undefined ? '' : `"project":${JSON.stringify(project)},`
    return `{${named}"model":${JSON.stringify(model)},"request":`
  },
  closing: '}',
  replyMember: 'response',
}

/**
 * A quota is per project and model. The pause stands in the details, or in the message
 * alone (`quota will reset after 1h16m3s`).
 */
export function codeAssistLimits(
  status: number,
  _headers: Headers,
  body: string,
): Limits | undefined {
  if (status !== 429) return undefined
  const error = object(parseObject(body.replace(/^\s*\[([\s\S]*)\]\s*$/, '$1'))?.error)
  const details = objects(error?.details)
  const durations = [
    ...details.map(({ retryDelay }) => text(retryDelay)),
    ...details.map(({ metadata }) => text(object(metadata)?.quotaResetDelay)),
    /\bafter ((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)/.exec(text(error?.message) ?? '')?.[1],
  ]
  for (const duration of durations) {
    const ms = duration === undefined ? undefined : goDurationMs(duration)
    if (ms !== undefined) return { retryAfterMs: Math.ceil(ms), scope: 'model' }
  }
  return undefined
}
