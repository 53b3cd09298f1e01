import { countTokens } from '../conversation/count.ts'
import {
  type ConversationRequest,
  isEmptyRequest,
  type Needs,
  NO_NEEDS,
  needsOf,
} from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json/json.ts'
import type { Action, ClientCodec, Envelope } from '../protocols/codec.ts'
import { parseBody } from '../protocols/shared/peek.ts'
import type { StateStore } from '../store/state.ts'
import { recallReasoning } from './history/reasoning.ts'
import { namesHistory, withHistory } from './history/stored-responses.ts'

/** Whose body it is, and how it is read. */
export type BodySource = {
  readonly codec: ClientCodec
  readonly action: Action
  readonly envelope: Envelope
  /** What is stored for a client is stored under the name of its caller. */
  readonly caller: { readonly name: string }
  readonly state: StateStore
}

/**
 * The body of a request: its bytes, and what is made of them. Each form is made at most once, for
 * the first step that asks (conditions, history, capabilities, encoding, estimates); most requests
 * pass as bytes and need none.
 */
export class ParsedBody {
  readonly bytes: Uint8Array
  /** The conversation where it has been loaded; undefined before. */
  loaded: ConversationRequest | undefined
  readonly #source: BodySource
  #json: JsonObject | undefined
  #isChecked = false
  #own: { request: ConversationRequest } | { error: GatewayError } | undefined
  #loading: Promise<ConversationRequest> | undefined
  #needs: Promise<Needs> | undefined
  #count: { of: ConversationRequest; tokens: Promise<number> } | undefined

  constructor(bytes: Uint8Array, source: BodySource) {
    this.bytes = bytes
    this.#source = source
  }

  /** Throws `invalid-request` where the bytes are no JSON object. */
  json(): JsonObject {
    this.#json ??= parseBody(this.bytes)
    return this.#json
  }

  /** What the body itself holds, without what is stored for it. Throws `invalid-request`. */
  ownConversation(): ConversationRequest {
    this.#own ??= this.#readOwn()
    if ('error' in this.#own) throw this.#own.error
    return this.#own.request
  }

  /** The conversation with all that is stored for the client put back. Rejects with `invalid-request`. */
  async conversation(): Promise<ConversationRequest> {
    return this.load()
  }

  /** The same; a promise only where something stored must be looked up. Throws and rejects with `invalid-request`. */
  load(): ConversationRequest | Promise<ConversationRequest> {
    if (this.loaded) return this.loaded
    if (this.#loading) return this.#loading
    const loading = this.#load()
    if (!(loading instanceof Promise)) this.loaded = loading
    else
      this.#loading = loading.then(request => {
        this.loaded = request
        return request
      })
    return this.#loading ?? loading
  }

  /** The same; undefined where the body is malformed: its bytes may pass, and its upstream judges it. */
  async readable(): Promise<ConversationRequest | undefined> {
    try {
      return await this.load()
    } catch (error) {
      if (error instanceof GatewayError) return undefined
      throw error
    }
  }

  /** What the request needs of a target; nothing where it is malformed. */
  needs(): Promise<Needs> {
    this.#needs ??= this.readable().then(request => (request ? needsOf(request) : NO_NEEDS))
    return this.#needs
  }

  /** Input tokens of the conversation, by a tokenizer; 0 where it is malformed. */
  async inputTokens(): Promise<number> {
    const request = await this.readable()
    return request ? this.#tokensOf(request) : 0
  }

  /** The same for what the body itself holds. Throws as `ownConversation` does. */
  ownInputTokens(): Promise<number> {
    return this.#tokensOf(this.ownConversation())
  }

  #readOwn(): { request: ConversationRequest } | { error: GatewayError } {
    try {
      return { request: this.#decode(this.#checked()) }
    } catch (error) {
      if (error instanceof GatewayError) return { error }
      throw error
    }
  }

  #load(): ConversationRequest | Promise<ConversationRequest> {
    const { codec, state, caller } = this.#source
    if (codec.stateful && namesHistory(this.#checked()))
      return withHistory(this.#checked(), state, caller.name).then(body =>
        recallReasoning(this.#decode(body), state, caller.name),
      )
    return recallReasoning(this.ownConversation(), state, caller.name)
  }

  /**
   * The body where it has the protocol's shape. Decoders forgive: a member of a wrong type would be
   * absent, and the rest be sent and billed. Throws `invalid-request` with the member's path.
   */
  #checked(): JsonObject {
    const body = this.json()
    const { codec, action } = this.#source
    if (!this.#isChecked) codec.requests[action]?.check(body)
    this.#isChecked = true
    return body
  }

  #decode(body: JsonObject): ConversationRequest {
    const { codec, action, envelope } = this.#source
    const request = codec.decodeRequest(body, envelope)
    if (action !== 'count-tokens' && isEmptyRequest(request))
      throw new GatewayError(
        'invalid-request',
        'the request says nothing: all its texts are empty; send a message with text',
      )
    return request
  }

  #tokensOf(request: ConversationRequest): Promise<number> {
    if (this.#count?.of !== request) this.#count = { of: request, tokens: countTokens(request) }
    return this.#count.tokens
  }
}
