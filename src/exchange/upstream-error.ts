import type { ProtocolId } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import type { Limits } from '../providers/kind.ts'
import { redactBody, secretsInHeaders, secretsInUrl } from '../redaction/redact.ts'
import { createRedactor } from '../redaction/redactor.ts'
import { redactorOf, type Snapshot } from '../redaction/snapshot-secrets.ts'
import type { ResolvedRequest } from './request.ts'

/** An upstream's answer of 400 and above: what it means, with its own body and headers. */
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

/** An upstream's message without the secrets that it may repeat: ours, and the client's own. */
export function redactError(
  text: string,
  { headers, requestLine }: Pick<ResolvedRequest, 'headers' | 'requestLine'>,
  snapshot: Snapshot,
): string {
  const presented = [...secretsInHeaders(headers), ...secretsInUrl(requestLine?.url ?? '')]
  return createRedactor(presented)(redactorOf(snapshot)(redactBody(text)))
}
