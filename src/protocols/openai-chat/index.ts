import type { Codec } from '../codec.ts'
import { decodeModels, encodeModel, encodeModels } from '../shared/openai/models.ts'
import { peekBody } from '../shared/peek.ts'
import { endpoints } from './endpoints.ts'
import { decodeError, embeddedError, encodeError } from './error.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { requests } from './request-schema.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { decodeStream } from './stream/decode.ts'
import { encodeStream } from './stream/encode.ts'
import { decodeUsage } from './usage.ts'

export { completions } from './completions.ts'

/**
 * OpenAI Chat Completions, as OpenAI and the many services like it speak it.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
export const openaiChat: Codec = {
  protocol: 'openai-chat',
  title: 'OpenAI Chat Completions',
  endpoints,
  forwards: [
    'openai-beta',
    'x-session-id',
    'x-session-affinity',
    'session_id',
    'session-id',
    'x-client-request-id',
  ],
  // Its clients return the text of reasoning at most; seals would not come back.
  carries: () => false,
  serverTools: [],
  dialect: {
    toolName: { legal: /^[a-zA-Z0-9_-]+$/, illegalCharacter: /[^a-zA-Z0-9_-]/g, maxLength: 64 },
    callId: { legal: /^[\s\S]+$/, maxLength: 64 },
    freeform: false,
    namespaces: false,
  },
  members: { model: 'model', usage: 'usage', answer: 'choices' },
  baseUrl: {
    endings: [/\/(chat\/completions|completions|responses|embeddings|models)$/],
    version: '/v1',
  },
  sealMembers: ['signature', 'data', 'thought_signature'],
  unsealedReasoning: true,
  demands: {},
  keepAlive: ': keep-alive\n\n',
  pathFor: (action, _model, _stream, more) => {
    if (action === 'relay') return (more?.relay ?? '').replace(/^\/v1/, '')
    return action === 'models' ? '/models' : '/chat/completions'
  },
  peek: peekBody,
  requests,
  decodeRequest,
  encodeRequest,
  countable: body => body,
  decodeResponse,
  encodeResponse,
  decodeStream,
  encodeStream,
  decodeError,
  embeddedError,
  encodeError,
  decodeUsage,
  decodeModels,
  encodeModels,
  encodeModel,
  encodeTokenCount: inputTokens => ({ input_tokens: inputTokens }),
}
