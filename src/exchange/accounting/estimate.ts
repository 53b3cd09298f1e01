import { countText, countTokens } from '../../conversation/count.ts'
import type { Usage } from '../../conversation/index.ts'
import type { Exchange } from '../context.ts'
import type { ResolvedRequest } from '../request.ts'
import type { ReplyTally } from './reply-tally.ts'

/** Longer bodies are not read again for an estimate. */
const MAX_READ_BYTES = 1_000_000
/** Of a request, that go through the tokenizer: some milliseconds. */
const COUNTED_CHARACTERS = 50_000
const CHARACTERS_PER_TOKEN = 4

/** The usage of a reply with what is missing estimated, by a tokenizer as far as it can be had. */
export async function estimatedUsage(exchange: Exchange, tally: ReplyTally): Promise<Usage> {
  // A reply that has only begun: there is nothing to count.
  if (tally.sample === '' && tally.usage.fresh !== undefined) return roughUsage(exchange, tally)
  // Together, so that the tokenizer's thread wakes once for both.
  const [input, sampled] = await Promise.all([
    tally.usage.fresh === undefined ? countedInput(exchange) : 0,
    countText(tally.sample),
  ])
  return withEstimates(exchange, tally, input, outputTokens(tally, sampled))
}

/** The same by length alone, for when there is no time. */
export function roughUsage(exchange: Exchange, tally: ReplyTally): Usage {
  const sampled = tally.sample.length / CHARACTERS_PER_TOKEN
  return withEstimates(exchange, tally, roughInput(exchange), outputTokens(tally, sampled))
}

function outputTokens({ sample, characters }: ReplyTally, sampled: number): number {
  return sample === '' ? 0 : Math.ceil((sampled * characters) / sample.length)
}

function withEstimates(
  { gateway, caller }: Exchange,
  { usage, complete }: ReplyTally,
  input: number,
  seen: number,
): Usage {
  const reported = usage.output ?? 0
  // What is reported before the end is a part of the output at most.
  const output = complete && usage.output !== undefined ? reported : Math.max(reported, seen)
  if (usage.fresh !== undefined) return { ...usage, output }
  const cacheRead = usage.cacheRead ?? gateway.services.tokenEstimator.cached(caller.name, input)
  return { ...usage, fresh: Math.max(0, input - cacheRead), cacheRead, output }
}

function roughInput(exchange: Exchange): number {
  const { fresh, cacheRead } = exchange.gateway.services.tokenEstimator.expect(
    exchange.caller.name,
    exchange.body.bytes,
  )
  return fresh + cacheRead
}

async function countedInput(exchange: Exchange): Promise<number> {
  const { action, body } = exchange
  if (action === 'relay' || body.bytes.length > MAX_READ_BYTES) return roughInput(exchange)
  try {
    const request = await body.readable()
    return request ? await countTokens(request, COUNTED_CHARACTERS) : roughInput(exchange)
  } catch {
    return roughInput(exchange)
  }
}

/** What is relayed is paid for by the picture or the minute; only embeddings are a matter of text. */
export function countsText({ action, relay }: ResolvedRequest): boolean {
  return action !== 'relay' || /embed/i.test(relay ?? '')
}
