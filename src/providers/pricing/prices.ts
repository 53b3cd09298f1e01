import type { Usage } from '../../conversation/index.ts'

/** What a million tokens cost, in USD. What is absent costs as much as `input`. */
export type ModelPrice = { input: number; output: number; cacheRead?: number; cacheWrite?: number }

/**
 * The package the prices come from, and the day it was published: they are as of then.
 * @see https://github.com/pydantic/genai-prices
 */
export const PRICES_FROM = {
  package: '@pydantic/genai-prices',
  version: '0.1.8',
  date: '2026-09-23',
}

/** A model at a provider: prices differ between those who serve it. */
export type Offer = {
  /** Where it is asked: names who sends the bill. */
  baseUrl: string
  model: string
  /** What the file says it costs; goes before what is known. */
  price?: ModelPrice | undefined
}

/** What models cost, from a data package that is loaded when first needed. */
export interface Prices {
  /** Waits until the data is there. */
  prepare(): Promise<void>
  /** USD; undefined: unknown, which is not the same as nothing. */
  costOf(offer: Offer, usage: Usage, atMs: number): number | undefined
}

type Library = Pick<typeof import('@pydantic/genai-prices'), 'calcPrice' | 'findProvider'>
/** One seller with one model: given all of them, the library looks through them every time. */
type Seller = NonNullable<ReturnType<Library['findProvider']>>

/** Asked names are the clients': what is remembered of them must stay bounded. */
const MAX_REMEMBERED = 1_000

export function createPrices(): Prices {
  let library: Library | undefined
  let loading: Promise<Library> | undefined
  const sellers = new Map<string, Seller | undefined>()

  function sellerOf({ calcPrice, findProvider }: Library, { baseUrl, model }: Offer) {
    const key = `${baseUrl}\t${model}`
    if (sellers.has(key)) return sellers.get(key)
    const provider = findProvider({ providerApiUrl: baseUrl })
    const found = provider && calcPrice({}, model, { provider })
    const match = { equals: model }
    const seller = found ? { ...provider, models: [{ ...found.model, match }] } : undefined
    if (sellers.size >= MAX_REMEMBERED) sellers.clear()
    sellers.set(key, seller)
    return seller
  }

  function calculated(offer: Offer, usage: Usage, atMs: number) {
    const provider = library && sellerOf(library, offer)
    if (!provider) return undefined
    const { fresh = 0, cacheRead = 0, cacheWrite = 0, output = 0 } = usage
    return library?.calcPrice(
      {
        input_tokens: fresh + cacheRead + cacheWrite,
        cache_read_tokens: cacheRead,
        cache_write_tokens: cacheWrite,
        output_tokens: output,
      },
      offer.model,
      { provider, timestamp: new Date(atMs) },
    )
  }

  return {
    async prepare() {
      loading ??= import('@pydantic/genai-prices')
      library = await loading
    },
    costOf: (offer, usage, atMs) =>
      offer.price
        ? costAt(offer.price, usage)
        : (calculated(offer, usage, atMs)?.total_price ?? undefined),
  }
}

/**
 * What an answer cost; undefined: unknown. What an upstream did not report is not free, and a
 * table of prices that cannot be read must harm no request.
 */
export function knownCost(prices: Prices, offer: Offer, usage: Usage, atMs: number) {
  if (usage.output === undefined) return undefined
  try {
    return prices.costOf(offer, usage, atMs)
  } catch {
    return undefined
  }
}

function costAt(price: ModelPrice, usage: Usage): number {
  const { fresh = 0, cacheRead = 0, cacheWrite = 0, output = 0 } = usage
  const { input, cacheRead: read = input, cacheWrite: write = input } = price
  return (fresh * input + cacheRead * read + cacheWrite * write + output * price.output) / 1e6
}
