import type { Codec, Inbound } from '../codec.ts'
import { peekBody } from '../peek.ts'
import { decodeError, encodeError } from './error.ts'
import { encodeModel, encodeModels } from './models.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { decodeStream, encodeStream } from './stream.ts'
import { decodeUsage } from './usage.ts'

export { completions } from './completions.ts'

/** Where clients of this protocol say which conversation a request belongs to. */
const SESSION_HEADERS = [
  'session_id',
  'session-id',
  'x-session-id',
  'x-session-affinity',
  'x-client-request-id',
]

/**
 * OpenAI Chat Completions, as OpenAI and the many services like it speak it.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
export const openaiChat: Codec = {
  protocol: 'openai-chat',
  endpoints: [{ method: 'POST', path: '/v1/chat/completions', action: 'generate' }],
  forwards: [
    'openai-beta',
    'x-session-id',
    'x-session-affinity',
    'session_id',
    'session-id',
    'x-client-request-id',
  ],
  demands: {},
  keepAlive: ': keep-alive\n\n',
  pathFor: action => (action === 'models' ? '/models' : '/chat/completions'),
  peek,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  decodeStream,
  encodeStream,
  decodeError,
  encodeError,
  decodeUsage,
  encodeModels,
  encodeModel,
  encodeTokenCount: inputTokens => ({ input_tokens: inputTokens }),
}

function peek({ body, headers }: Inbound) {
  const peeked = peekBody(body)
  for (const name of SESSION_HEADERS) {
    const session = headers.get(name)
    if (session) return { ...peeked, session }
  }
  return peeked
}
