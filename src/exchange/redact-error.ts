import { createCensor } from '../redaction/censor.ts'
import { redactedBody, secretsInHeaders, secretsInUrl } from '../redaction/redact.ts'
import { censorOf } from '../redaction/table-secrets.ts'
import type { Exchange } from './request.ts'

/** What an upstream said, without what it may have said back: our secrets, and the client's own. */
export function cleaned(text: string, { gateway, inbound, line }: Exchange): string {
  const presented = [...secretsInHeaders(inbound.headers), ...secretsInUrl(line?.url ?? '')]
  return createCensor(presented)(censorOf(gateway)(redactedBody(text)))
}
