import { picked } from '../../lib/json/read-json.ts'
import type { Codec } from '../codec.ts'
import { endpoints } from './endpoints.ts'
import { decodeError, embeddedError, encodeError, streamErrorBody } from './error.ts'
import { decodeModels, encodeModel, encodeModels } from './models.ts'
import { pathFor } from './path.ts'
import { peek } from './peek.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { requests } from './request-schema.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { decodeStream } from './stream/decode.ts'
import { encodeStream } from './stream/encode.ts'
import { decodeUsage } from './usage.ts'

/**
 * Google Gemini, as AI Studio and Vertex AI speak it.
 * @see https://ai.google.dev/api/generate-content
 */
export const gemini: Codec = {
  protocol: 'gemini',
  title: 'Google Gemini',
  endpoints,
  recognises: (headers, path) =>
    headers.has('x-goog-api-key') ||
    path.startsWith('/v1beta') ||
    /^\/v1\/(publishers|projects)\//.test(path),
  forwards: ['x-goog-api-client', 'x-goog-request-params', 'x-goog-user-project'],
  // Its thoughtSignatures do, but some clients forget them.
  carries: () => false,
  serverTools: ['web-search', 'web-fetch', 'code-execution'],
  dialect: {
    toolName: {
      legal: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/,
      illegalCharacter: /[^a-zA-Z0-9_.:-]/g,
      maxLength: 64,
    },
    callId: { legal: /^[\s\S]+$/, maxLength: 256 },
    freeform: false,
    namespaces: false,
  },
  members: { model: 'modelVersion', usage: 'usageMetadata', answer: 'candidates' },
  baseUrl: {
    endings: [
      /\/v1(beta)?\/models(\/.*)?$/,
      /\/v1(beta1?)?\/(publishers|projects)(\/.*)?$/,
      /\/v1(beta1?)?$/,
    ],
  },
  sealMembers: ['thoughtSignature', 'thought_signature'],
  demands: {},
  // @google/genai 1.x (Gemini CLI 0.61, 2026-11) reads `data:` only behind white space: a comment
  // would hide all that follows. And it sees an error only as an object of its own.
  keepAlive: '\n',
  bareError: streamErrorBody,
  pathFor,
  peek,
  requests,
  decodeRequest,
  encodeRequest,
  countable: body => picked(body, ['contents']),
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
  encodeTokenCount: totalTokens => ({ totalTokens }),
}
