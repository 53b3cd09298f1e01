import type { Caller } from '../../exchange/admission/caller.ts'
import { createKeyless } from '../../exchange/admission/keyless.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { mustBeReader } from './documentation-access.ts'
import type { Access } from './handler.ts'
import { queryOf } from './request.ts'

/** A caller without a name, who may ask for no model. */
export const ANONYMOUS: Caller = { name: '', may: () => false, restricted: true }

const onlyHere = createKeyless({ openToAll: false, origins: [] })

/** Who calls. Throws `unauthenticated` or `forbidden` where the access does not allow the request. */
export function admit(
  gateway: Gateway,
  access: Exclude<Access, 'management'>,
  request: Request,
): Caller {
  const peer = () => gateway.services.peerOf(request)
  switch (access) {
    case 'public':
      return ANONYMOUS
    case 'loopback':
      return onlyHere(request.headers, peer)
    case 'documentation':
      mustBeReader(gateway, request, queryKeyOf(request))
      return ANONYMOUS
    case 'callers':
      return gateway.authenticate(request.headers, peer, queryKeyOf(request))
  }
}

function queryKeyOf(request: Request): string | undefined {
  return queryOf(request)?.get('key') ?? undefined
}
