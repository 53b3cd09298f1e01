import { effortOf } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { text } from '../../lib/json/read-json.ts'
import { bodyOf } from '../../lib/net/response-body.ts'
import type { Asked, Loss } from '../../protocols/codec.ts'
import type { Exchange } from '../context.ts'
import { storeResponse } from '../history/stored-responses.ts'
import type { Answer } from './answer.ts'

/** Sends an answer off. */
export function respond(exchange: Exchange, answer: Answer): Response {
  const { recording, progress } = exchange
  const body = recording ? recording.tap({ request: exchange, progress }, answer) : answer.body
  return new Response(bodyOf(body), { status: answer.status, headers: answer.headers })
}

/** What the reply echoes of the request. */
export function askedOf(exchange: Exchange, served: string, losses?: Loss[]): Asked {
  const request = exchange.body.loaded
  const { extensions, thinking } = request ?? {}
  return {
    model: reportedModel(exchange, served),
    id: exchange.id,
    atMs: exchange.receivedAtMs,
    request,
    thinking: thinking !== undefined && effortOf(thinking) !== 'none',
    extensions,
    losses,
    ...(exchange.codec.stateful ? responsesAsked(exchange) : {}),
  }
}

/** The history stands in the place of the id that named it, and the reply names it all the same. */
function responsesAsked(exchange: Exchange): Partial<Asked> {
  const follows = text(exchange.body.json().previous_response_id)
  return {
    finished: response => store(exchange, response),
    follows,
  }
}

function store({ gateway, caller, body }: Exchange, response: JsonObject): void {
  storeResponse(gateway.services.state, caller.name, body.json(), response)
}

/** The name the reply carries: the client's own, unless the file says `report-model: served`. */
export function reportedModel(exchange: Exchange, served: string): string {
  return exchange.route.reportModel === 'served' ? served : exchange.envelope.model
}
