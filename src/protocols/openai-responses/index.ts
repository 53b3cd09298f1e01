import { without } from '../../lib/json/read-json.ts'
import type { Action, Codec } from '../codec.ts'
import { decodeModels, encodeModel, encodeModels } from '../shared/openai/models.ts'
import { peekBody } from '../shared/peek.ts'
import { compaction } from './compaction.ts'
import { endpoints } from './endpoints.ts'
import { decodeError, embeddedError, encodeError } from './error.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { requests } from './request-schema.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { decodeStream } from './stream/decode.ts'
import { encodeStream, keepAliveEvent } from './stream/encode.ts'
import { decodeUsage } from './usage.ts'

const PATHS: Record<Action, string> = {
  generate: '/responses',
  'count-tokens': '/responses/input_tokens',
  compact: '/responses/compact',
  models: '/models',
  relay: '/responses',
}

/**
 * OpenAI Responses.
 * @see https://platform.openai.com/docs/api-reference/responses
 */
export const openaiResponses: Codec = {
  protocol: 'openai-responses',
  title: 'OpenAI Responses',
  stateful: true,
  endpoints,
  forwards: [
    'openai-beta',
    'originator',
    'version',
    'session_id',
    'session-id',
    'thread-id',
    'conversation_id',
    'x-client-request-id',
    'x-session-id',
    'x-session-affinity',
    'x-codex-*',
    'x-openai-internal-codex-responses-lite',
  ],
  carries: () => true,
  serverTools: ['web-search', 'code-execution'],
  dialect: {
    toolName: { legal: /^[a-zA-Z0-9_-]+$/, illegalCharacter: /[^a-zA-Z0-9_-]/g, maxLength: 64 },
    callId: { legal: /^[\s\S]+$/, maxLength: 64 },
    freeform: true,
    namespaces: true,
  },
  members: { model: 'model', usage: 'usage', answer: 'output' },
  baseUrl: { endings: [/\/(responses|chat\/completions|models)$/], version: '/v1' },
  sealMembers: ['encrypted_content'],
  demands: {},
  keepAlive: ': keep-alive\n\n',
  keepAliveEvent,
  pathFor: (action, _model, _stream, more) =>
    action === 'relay' ? (more?.relay ?? '').replace(/^\/v1/, '') : PATHS[action],
  peek: peekBody,
  requests,
  decodeRequest,
  encodeRequest,
  countable: body => without(body, 'stream', 'store', 'include', 'max_output_tokens'),
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
  compaction,
  encodeTokenCount: inputTokens => ({
    object: 'response.input_tokens',
    input_tokens: inputTokens,
  }),
}
