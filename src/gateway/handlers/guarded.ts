import type { Caller } from '../../exchange/admission/caller.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import type { ClientCodec } from '../../protocols/codec.ts'
import { admit } from './access.ts'
import { ASK_FOR_KEY } from './documentation-access.ts'
import type { Access, Handler, Params } from './handler.ts'
import { refusal, spokenBy } from './refusal.ts'

/** An admitted request to a path that is no exchange. */
export type Admitted = { request: Request; params: Params; caller: Caller }

/** `codec`: whose errors it answers with; absent: those of the client's protocol. */
export type Guarded = Omit<Handler, 'handle' | 'access'> & {
  access: Exclude<Access, 'management'>
  codec?: ClientCodec
  answer(admitted: Admitted): Response | Promise<Response>
}

/** A handler that admits who may call and answers errors, over work that may throw. */
export function guarded(gateway: Gateway, { codec, answer, ...info }: Guarded): Handler {
  return {
    ...info,
    async handle(request, params) {
      try {
        return await answer({ request, params, caller: admit(gateway, info.access, request) })
      } catch (error) {
        const response = refusal(gateway, codec ?? spokenBy(request), error)
        if (info.access === 'documentation' && response.status === 401)
          response.headers.set('www-authenticate', ASK_FOR_KEY)
        return response
      }
    },
  }
}
