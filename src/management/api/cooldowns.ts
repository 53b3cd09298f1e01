import { Type } from '@sinclair/typebox'
import type { CredentialState } from '../../credentials/pool.ts'
import { nearest } from '../../lib/nearest.ts'
import { type Context, endpoint } from '../endpoint.ts'
import { json, ManagementError } from '../reply.ts'

/** Lists the cooldowns and their causes, and ends them. */
export const cooldowns = [
  endpoint({
    method: 'GET',
    path: '/cooldowns',
    summary: 'Credentials that cool down',
    description:
      'Model * is all of them. told: the upstream said how long; guessed: when nobody else is able it may be asked all the same.',
    answers: { 200: 'Every cooldown that is not over' },
    answer(_, { gateway: { services } }) {
      const nowMs = services.now()
      return json({ cooldowns: services.pool.states().map(cooldown => wire(cooldown, nowMs)) })
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/cooldowns',
    summary: 'Ends cooldowns',
    description: 'All of them, or those of one credential, of one model, or of both.',
    query: Type.Object({
      credential: Type.Optional(Type.String({ description: 'Such as claude/key-1' })),
      model: Type.Optional(Type.String({ description: "The upstream's name for it, or *" })),
    }),
    answers: { 200: 'How many ended', 404: 'There is no such credential' },
    answer({ query }, context) {
      if (query.credential !== undefined) mustKnow(query.credential, context)
      const { pool, log, waitingRoom } = context.gateway.services
      const ended = pool.reset(query)
      waitingRoom.wake()
      log.write('info', 'cooldowns are ended by management', { ended, ...query })
      return json({ ended })
    },
  }),
]

function wire({ id, model, code, sinceMs, untilMs, ...cooldown }: CredentialState, nowMs: number) {
  return {
    credential: id,
    model,
    reason: code,
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    'seconds-left': Math.ceil((untilMs - nowMs) / 1000),
    told: cooldown.told,
    guessed: cooldown.guessed,
    level: cooldown.level,
  }
}

function mustKnow(credential: string, { gateway: { table } }: Context): void {
  const known = [...table.providers.values()].flatMap(one => one.credentials.map(({ id }) => id))
  if (known.includes(credential)) return
  const [best] = nearest(credential, known)
  throw new ManagementError(
    404,
    'credential_not_found',
    `there is no credential "${credential}"${best ? `; did you mean "${best}"?` : ''}`,
  )
}
