import { without } from '../../lib/json/read-json.ts'
import type { Action, Codec } from '../codec.ts'
import { peekBody } from '../shared/peek.ts'
import { endpoints } from './endpoints.ts'
import { decodeError, embeddedError, encodeError } from './error.ts'
import { decodeModels, encodeModel, encodeModels } from './models.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { requests } from './request-schema.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { decodeStream } from './stream/decode.ts'
import { encodeStream } from './stream/encode.ts'
import { carriesThinking } from './thinking.ts'
import { decodeUsage } from './usage.ts'

const PATHS: Record<Action, string> = {
  generate: '/v1/messages',
  'count-tokens': '/v1/messages/count_tokens',
  models: '/v1/models?limit=1000',
  relay: '/v1/messages',
  compact: '/v1/messages',
}

/**
 * Anthropic Messages.
 * @see https://docs.anthropic.com/en/api/messages
 */
export const anthropic: Codec = {
  protocol: 'anthropic',
  title: 'Anthropic Messages',
  endpoints,
  recognises: (headers, path) =>
    headers.has('anthropic-version') || path.startsWith('/v1/messages'),
  // An open list: the vendor adds headers monthly, and a beta's header and body go together.
  forwards: ['anthropic-*', 'x-claude-code-*', 'x-app'],
  carries: carriesThinking,
  serverTools: ['web-search', 'web-fetch', 'code-execution'],
  dialect: {
    toolName: { legal: /^[a-zA-Z0-9_-]+$/, illegalCharacter: /[^a-zA-Z0-9_-]/g, maxLength: 128 },
    callId: { legal: /^[a-zA-Z0-9_-]+$/, maxLength: 128 },
    freeform: false,
    namespaces: false,
  },
  members: { model: 'model', usage: 'usage', answer: 'content' },
  baseUrl: { endings: [/\/messages(\/count_tokens)?$/, /\/v1\/models$/, /\/v1$/] },
  sealMembers: ['signature', 'data'],
  demands: { 'anthropic-version': '2023-06-01' },
  keepAlive: 'event: ping\ndata: {"type": "ping"}\n\n',
  pathFor: action => PATHS[action],
  peek: peekBody,
  requests,
  decodeRequest,
  encodeRequest,
  countable: body => without(body, 'max_tokens', 'stream', 'temperature', 'top_p', 'top_k'),
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
