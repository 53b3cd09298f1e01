import { redactBody, secretsInHeaders, secretsInUrl } from '../redaction/redact.ts'
import { createRedactor } from '../redaction/redactor.ts'
import { redactorOf } from '../redaction/snapshot-secrets.ts'
import type { Exchange } from './request.ts'

/** An upstream's message without the secrets that it may repeat: ours, and the client's own. */
export function redactError(text: string, { gateway, inbound, requestLine }: Exchange): string {
  const presented = [...secretsInHeaders(inbound.headers), ...secretsInUrl(requestLine?.url ?? '')]
  return createRedactor(presented)(redactorOf(gateway)(redactBody(text)))
}
