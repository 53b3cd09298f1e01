import type { ProtocolId } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import type { Limits } from '../providers/kind.ts'

/** An upstream's answer of 400 and above: what it means, and the words it was said in. */
export class UpstreamError extends GatewayError {
  readonly protocol: ProtocolId
  readonly headers: Headers
  readonly body: Uint8Array<ArrayBuffer>
  readonly limits: Limits | undefined

  constructor(
    meaning: GatewayError,
    raw: { protocol: ProtocolId; headers: Headers; body: Uint8Array<ArrayBuffer> },
    limits: Limits | undefined,
  ) {
    super(meaning.code, meaning.message, {
      status: meaning.status,
      retryAfterMs: meaning.retryAfterMs,
      type: meaning.type,
      param: meaning.param,
    })
    this.protocol = raw.protocol
    this.headers = raw.headers
    this.body = raw.body
    this.limits = limits
  }
}
