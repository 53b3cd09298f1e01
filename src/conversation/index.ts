export { appendDelta } from './append-delta.ts'
export { collect, truncatedStream } from './collect.ts'
export { withValidMedia } from './media.ts'
export {
  ABILITIES,
  type Ability,
  hasWordFor,
  type Needs,
  NO_NEEDS,
  needsOf,
  offeredTo,
} from './needs.ts'
export {
  type Citation,
  type Extensions,
  type Part,
  type PartBody,
  type PartOf,
  PROTOCOLS,
  type ProtocolId,
  type Seal,
  type ServerStep,
  type Source,
} from './part.ts'
export { isEmptyPart, isEmptyRequest, isPayload } from './payload.ts'
export {
  CAPSULE_PREFIX,
  type Capsule,
  type CapsulePart,
  isCapsuleText,
  isReasoning,
  packCapsule,
  unpackCapsule,
  unpacked,
  withoutSeals,
} from './reasoning/reasoning-capsule.ts'
export {
  budgetFor,
  effortFor,
  effortOf,
  fitThinking,
  sameIntent,
  type ThinkingSupport,
  thinkingSupport,
} from './reasoning/thinking.ts'
export { replay } from './replay.ts'
export type {
  ConversationRequest,
  Effort,
  Message,
  Sampling,
  ServerAbility,
  ThinkingIntent,
  Tool,
} from './request.ts'
export type { ConversationResponse, PartDelta, Stop, StreamEvent, Usage } from './response.ts'
export { type AdaptedTools, adaptTools, plainName, type ToolDialect } from './tools/dialect.ts'
export { pairCalls } from './tools/pairing.ts'
export { systemAsUser, toTurns } from './tools/turns.ts'
