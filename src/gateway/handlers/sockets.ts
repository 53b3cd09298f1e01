import { openaiResponses } from '../../protocols/openai-responses/index.ts'
import { socketOperation } from '../openapi/socket.ts'
import type { SocketHandler } from './handler.ts'
import { createResponsesSession } from './responses-session.ts'

const PATH = '/v1/responses'
const TITLE = 'Responses over a WebSocket: a frame is a request, its reply an event a frame'

/** What may be upgraded to a WebSocket. A new one is one entry. */
export const SOCKETS: readonly SocketHandler[] = [
  {
    path: PATH,
    access: 'callers',
    protocol: openaiResponses.protocol,
    title: TITLE,
    openapi: () => [socketOperation(openaiResponses, PATH, TITLE)],
    codec: openaiResponses,
    open: createResponsesSession,
  },
]
