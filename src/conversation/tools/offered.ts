import type { ProtocolId } from '../part.ts'
import type { ConversationRequest, Tool } from '../request.ts'

/**
 * The request without the tools that are for models of another protocol only; the very
 * same one where there are none.
 */
export function offeredTo(protocol: ProtocolId, request: ConversationRequest): ConversationRequest {
  const isOffered = (tool: Tool): boolean =>
    tool.type !== 'function' || tool.only === undefined || tool.only === protocol
  return request.tools.every(isOffered)
    ? request
    : { ...request, tools: request.tools.filter(isOffered) }
}
