export { collect } from './collect.ts'
export { type Dialect, type Fitted, fit, plainName } from './dialect.ts'
export { grow } from './grow.ts'
export { isEmptyPart, isPayload } from './is-payload.ts'
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
} from './reasoning-capsule.ts'
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
export { oneByOne } from './sequential-parts.ts'
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
export { cutShort } from './truncated.ts'
export { systemAsUser, toTurns } from './turns.ts'
