import {
  type Ability,
  type ConversationRequest,
  hasWordFor,
  type Needs,
  needsOf,
  type ProtocolId,
} from '../../conversation/index.ts'
import type { KeyLimits } from '../../credentials/quotas.ts'
import { GatewayError } from '../../lib/errors.ts'
import { codecFor } from '../../protocols/index.ts'
import { knownCost } from '../../providers/pricing/prices.ts'
import type { Target } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import type { ResolvedRequest } from '../request.ts'
import type { ExchangeServices } from '../services.ts'
import { speechFor } from '../upstream/upstream.ts'
import { targetsOf } from './targets.ts'

/** What capabilities are checked against: a request, or a hypothetical one. */
export type CapabilityQuery = Pick<ResolvedRequest, 'action' | 'route' | 'headers'> & {
  codec: { protocol: ProtocolId }
  caller: { name: string; limits?: KeyLimits | undefined }
  body: {
    bytes: { length: number }
    /** Absent: not read yet, or of a hypothetical request. */
    loaded?: ConversationRequest | undefined
    needs(): Promise<Needs>
    inputTokens(): Promise<number>
  }
  gateway: { services: Pick<ExchangeServices, 'learned' | 'tokenEstimator' | 'prices' | 'now'> }
}

/** What a target is known not to have for a request; `must`: without it the target is not asked. */
export type MissingCapability = {
  must: boolean
  what: Ability | 'context' | 'price'
  reason: string
  /** Of the file that says so. */
  line?: number
}

const WORDS: Record<Ability, string> = {
  tools: 'tools',
  'parallel-tools': 'several tool calls at once',
  'server-tools': 'tools that the upstream runs itself',
  images: 'images',
  documents: 'documents',
  audio: 'audio',
  video: 'video',
  'structured-output': 'answers by a JSON schema',
}

const NEEDED: Record<MissingCapability['what'], string> = {
  ...WORDS,
  context: 'a prompt of this length',
  price: 'a key with a budget',
}

/**
 * The first thing that a target is known not to have; undefined: nothing is known against it. A
 * promise only where the request's body must be read for it.
 */
export function missingCapability(
  query: CapabilityQuery,
  target: Target,
): MissingCapability | undefined | Promise<MissingCapability | undefined> {
  const price = missingPrice(query, target)
  if (price || query.action === 'relay') return price
  const mayLack = mayLackAbility(query, target)
  if (mayExceedContext(query, target)) return missingByBody(query, target, mayLack)
  if (!mayLack) return undefined
  const { loaded } = query.body
  if (loaded) return missingAbility(query, target, needsOf(loaded))
  return missingByBody(query, target, mayLack)
}

async function missingByBody(
  query: CapabilityQuery,
  target: Target,
  mayLack: boolean,
): Promise<MissingCapability | undefined> {
  const ability = mayLack && missingAbility(query, target, await query.body.needs())
  return (
    ability || (mayExceedContext(query, target) ? await missingContext(query, target) : undefined)
  )
}

/** False where the target speaks the client's protocol and nothing is known against it. */
function mayLackAbility(query: CapabilityQuery, target: Target): boolean {
  return (
    (target.facts.lacks ?? []).length > 0 ||
    lacksByExperience(query, target) !== undefined ||
    !speaksClientProtocol(query, target)
  )
}

function lacksByExperience(
  { gateway }: CapabilityQuery,
  target: Target,
): ReadonlySet<Ability> | undefined {
  const { learned } = gateway.services
  return learned.any ? learned.lacks(targetName(target)) : undefined
}

function speaksClientProtocol({ codec }: CapabilityQuery, { provider }: Target): boolean {
  return provider.speaks.some(({ protocol }) => protocol === codec.protocol)
}

function missingAbility(
  query: CapabilityQuery,
  target: Target,
  { must, wish, serverTools }: Needs,
): MissingCapability | undefined {
  const declared = target.facts.lacks ?? []
  const learned = lacksByExperience(query, target)
  const own = speaksClientProtocol(query, target)
  const lacks = (ability: Ability): string | undefined => {
    if (declared.includes(ability)) return `it takes no ${WORDS[ability]}`
    if (learned?.has(ability)) return `it refused ${WORDS[ability]} not long ago`
    if (ability !== 'server-tools' || own) return undefined
    return serverTools.every(tool => hasWord(target, tool))
      ? undefined
      : `its protocol has no ${WORDS[ability]} of this sort`
  }
  for (const [abilities, needed] of [[must, true] as const, [wish, false] as const])
    for (const ability of abilities) {
      const reason = lacks(ability)
      if (reason) return { must: needed, what: ability, reason, ...placeOf(target) }
    }
  return undefined
}

/** A budget in money that does not see what a request costs is none. */
function missingPrice(query: CapabilityQuery, target: Target): MissingCapability | undefined {
  const { limits } = query.caller
  if (limits?.usdPerDay === undefined || limits.unknownPrice === 'allow') return undefined
  const speech = speechFor(query.action, query.codec.protocol, target.provider)
  // What is answered in this process costs nothing.
  if (!speech || target.provider.kind.standIn) return undefined
  const { prices, now } = query.gateway.services
  const { model, facts } = target
  const offer = { baseUrl: speech.baseUrl, model, price: facts.price }
  if (knownCost(prices, offer, { fresh: 0, output: 0 }, now()) !== undefined) return undefined
  return { must: true, what: 'price', reason: 'its price is unknown', ...placeOf(target) }
}

/** Where the file speaks of the model, if it does. */
function placeOf({ facts }: Target): { line?: number } {
  return facts.at ? { line: facts.at.line } : {}
}

function hasWord(target: Target, tool: Parameters<typeof hasWordFor>[0]): boolean {
  const codec = codecFor(target.provider.speaks[0]?.protocol ?? 'openai-chat')
  return (
    codec !== undefined && hasWordFor(tool, { protocol: codec.protocol, does: codec.serverTools })
  )
}

/**
 * Whether a request may be longer than a target's window while another target has more room. The
 * length in bytes decides that for most requests; only for the others are tokens counted.
 */
function mayExceedContext(query: CapabilityQuery, target: Target): boolean {
  const { length } = query.body.bytes
  const window = contextOf(query, target)
  if (window === undefined || length <= window) return false
  const estimate = query.gateway.services.tokenEstimator.estimate(query.caller.name, length)
  if (estimate.tokens * estimate.errorFactor <= window) return false
  // Targets with an unknown window count as large enough.
  return anyTargetHolds(query, window, Infinity)
}

async function missingContext(
  query: CapabilityQuery,
  target: Target,
): Promise<MissingCapability | undefined> {
  const window = contextOf(query, target) ?? Infinity
  const tokens = await query.body.inputTokens()
  if (tokens <= window) return undefined
  return {
    must: true,
    what: 'context',
    reason: `about ${tokens} tokens are more than its ${window}`,
    ...placeOf(target),
  }
}

/** Whether some target of the route holds more than that; `unknown` is what the others count as. */
function anyTargetHolds(query: CapabilityQuery, tokens: number, unknown: number): boolean {
  return targetsOf(query.route).some(target => (contextOf(query, target) ?? unknown) > tokens)
}

/** Tokens that a target takes; undefined: unknown. */
function contextOf({ headers }: CapabilityQuery, { provider, facts }: Target): number | undefined {
  const { contextTokens } = facts
  const { longContext } = provider.kind
  if (contextTokens === undefined || !longContext) return contextTokens
  const larger = headers.get(longContext.header)?.includes(longContext.word)
  return larger ? Math.max(contextTokens, longContext.contextTokens) : contextTokens
}

/** Whether another target is known to take more than this one, for which it was too long. */
export function hasLargerContextThan(query: CapabilityQuery, target: Target): boolean {
  return anyTargetHolds(query, contextOf(query, target) ?? 0, 0)
}

/** The error where no target of the route has what the request needs. */
export function noEligibleTarget(
  { envelope, caller }: ResolvedRequest,
  passedOver: readonly { target: Target; missing: MissingCapability }[],
): GatewayError {
  const each = passedOver
    .map(({ target, missing }) => `${targetName(target)}: ${missing.reason}`)
    .join('; ')
  if (passedOver.every(({ missing }) => missing.what === 'context'))
    return new GatewayError(
      'context-exceeded',
      `prompt is too long: no target of "${envelope.model}" holds it (${each}); shorten the conversation or ask for a model with a larger context`,
    )
  if (passedOver.every(({ missing }) => missing.what === 'price'))
    return new GatewayError(
      'forbidden',
      `the key "${caller.name}" has a budget, and what "${envelope.model}" costs is unknown (${each}); give the model a price in routes.yaml, or the key unknown-price: allow in its limits`,
      { param: 'model' },
    )
  const what = new Set(passedOver.map(({ missing }) => missing.what))
  const words = [...what].map(capability => NEEDED[capability])
  return new GatewayError(
    'invalid-request',
    `no target of "${envelope.model}" takes ${words.join(' or ')} (${each}); take it out of the request, ask for another model, or add a target that does`,
  )
}
