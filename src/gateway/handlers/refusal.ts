import { refuse } from '../../exchange/exchange.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { ClientCodec, Codec } from '../../protocols/codec.ts'
import { codecs } from '../../protocols/index.ts'
import { newRequestId } from './request.ts'

/** An error before there was an exchange, in the client's protocol. */
export function refusal(
  gateway: Gateway,
  codec: ClientCodec,
  error: unknown,
  requestId = newRequestId(),
): Response {
  return refuse(gateway, { codec, requestId }, error)
}

/** In which protocol a path is answered that several share, or that none has: as the client is recognised. */
export function spokenBy(request: Request): Codec {
  const { pathname } = new URL(request.url)
  const codec =
    codecs.find(({ recognises }) => recognises?.(request.headers, pathname)) ??
    codecs.find(({ recognises }) => !recognises)
  if (!codec) throw new Error('the fallback protocol is missing')
  return codec
}

/** For a path, or a method of it, that nothing handles. `allow`: the methods that the path has. */
export function unknownPath(
  gateway: Gateway,
  request: Request,
  allow: readonly string[] = [],
): Response {
  const { pathname } = new URL(request.url)
  const error =
    allow.length > 0
      ? new GatewayError(
          'method-not-allowed',
          `${request.method} ${pathname}: use ${allow.join(' or ')}`,
        )
      : new GatewayError(
          'path-not-found',
          `there is no ${request.method} ${pathname} here; /swagger shows what there is`,
        )
  const response = refusal(gateway, spokenBy(request), error)
  if (allow.length > 0) response.headers.set('allow', allow.join(', '))
  return response
}
