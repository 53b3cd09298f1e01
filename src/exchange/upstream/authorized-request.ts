import type { Credential } from '../../credentials/credential.ts'
import type { UpstreamRequest } from '../../providers/transport.ts'
import { type Question, setDeclared } from './request-headers.ts'
import type { Upstream } from './upstream.ts'

/** What goes up besides the question. `client`: whose headers are sent on where the file says so. */
type Sending = {
  method: UpstreamRequest['method']
  body: UpstreamRequest['body']
  client: Headers
  connectMs: number
}

/**
 * A request with all that the kind, the file and the credential add to it, ready to be sent by the
 * upstream's transport. A promise only where the credential waits for a token.
 */
export function authorizedRequest(
  upstream: Upstream,
  credential: Credential,
  question: Question,
  { method, body, client, connectMs }: Sending,
  signal: AbortSignal,
): UpstreamRequest | Promise<UpstreamRequest> {
  const request: UpstreamRequest = {
    protocol: upstream.protocol,
    action: question.action,
    model: question.model,
    stream: question.stream,
    project: credential.project,
    method,
    url: upstream.url(question, credential.endpoint?.(upstream.baseUrl)),
    headers: upstream.headers(question, client),
    body,
    proxy: credential.proxy,
    connectMs,
  }
  const authorizing = credential.authorize(request, signal)
  if (authorizing) return authorizing.then(() => withHeaders(request, credential.headers, client))
  for (const _ in credential.headers) return withHeaders(request, credential.headers, client)
  return request
}

/** Those of the credential go in place of all others. */
function withHeaders(
  request: UpstreamRequest,
  declared: Credential['headers'],
  client: Headers,
): UpstreamRequest {
  for (const name in declared) setDeclared(request.headers, name, declared[name] ?? '', client)
  return request
}
