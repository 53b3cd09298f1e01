import { countTokens } from '../conversation/count.ts'
import { type Exchange, stamp } from './exchange.ts'

/** Counts with a tokenizer of our own and answers in the client's protocol. */
export async function countLocally(exchange: Exchange): Promise<Response> {
  const body = exchange.codec.encodeTokenCount(await countTokens(exchange.conversation()))
  const headers = new Headers({ 'content-type': 'application/json' })
  stamp(headers, exchange)
  return new Response(JSON.stringify(body), { headers })
}
