export {
  CAPSULE_PREFIX,
  type Capsule,
  type Carrier,
  isCapsuleText,
  isReasoning,
  packCapsule,
  unpackCapsule,
  unpacked,
  withoutSeals,
} from './capsule.ts'
export { collect } from './collect.ts'
export { cutShort } from './cut-short.ts'
export { type Dialect, type Fitted, fit, plainName } from './dialect.ts'
export { grow } from './grow.ts'
export { withSoundMedia } from './media.ts'
export {
  ABILITIES,
  type Ability,
  hasWordFor,
  type Needs,
  NO_NEEDS,
  needsOf,
} from './needs.ts'
export { offeredTo } from './offered.ts'
export { oneByOne } from './one-by-one.ts'
export { pairCalls } from './pairing.ts'
export type {
  Citation,
  Extensions,
  Part,
  PartBody,
  PartOf,
  ProtocolId,
  Seal,
  ServerStep,
  Source,
} from './part.ts'
export { isEmptyPart, isPayload } from './payload.ts'
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
export { isBlank, saysNothing } from './substance.ts'
export {
  budgetFor,
  effortFor,
  effortOf,
  fitThinking,
  sameIntent,
  type ThinkingSupport,
  thinkingSupport,
} from './thinking.ts'
export { systemAsUser, toTurns } from './turns.ts'
