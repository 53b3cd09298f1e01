export { collect } from './collect.ts'
export type {
  Citation,
  Extensions,
  Part,
  PartBody,
  PartOf,
  ProtocolId,
  Seal,
  Source,
} from './part.ts'
export { replay } from './replay.ts'
export type {
  ConversationRequest,
  Effort,
  Message,
  Sampling,
  ThinkingIntent,
  Tool,
} from './request.ts'
export type { ConversationResponse, PartDelta, Stop, StreamEvent, Usage } from './response.ts'
