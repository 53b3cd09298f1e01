import { adaptTools } from '../../src/conversation/index.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import type { Loss, Quirks } from '../../src/protocols/codec.ts'
import { codecFor } from '../../src/protocols/index.ts'
import type { Wire } from './read-reply.ts'

/** A client's request as an upstream of another protocol gets it, by the codecs alone. */
export function translated(
  from: Wire,
  to: Wire,
  body: JsonObject,
  { model = 'm', quirks = {} }: { model?: string; quirks?: Quirks } = {},
): { body: JsonObject; losses: Loss[] } {
  const [client, upstream] = [codecFor(from), codecFor(to)]
  if (!client || !upstream) throw new Error('no codec')
  const request = client.decodeRequest(structuredClone(body), { model, stream: false })
  const addressee = { model, stream: false, issuer: 'up', quirks }
  const { wire, losses } = upstream.encodeRequest(
    adaptTools(request, upstream.dialect).request,
    addressee,
  )
  return { body: wire.body, losses }
}
