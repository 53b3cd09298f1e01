import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { CredentialState } from '../../credentials/pool.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Context } from '../context.ts'
import { failure, ManagementError } from '../error.ts'

const Time = Type.String({ format: 'date-time' })

const Cooldown = Type.Object({
  credential: Type.String(),
  model: Type.String({ description: "The upstream's name for it; * is all of them" }),
  reason: Type.String(),
  since: Time,
  until: Time,
  'seconds-left': Type.Integer(),
  told: Type.Boolean({ description: 'The upstream said how long' }),
  guessed: Type.Boolean({
    description: 'It may be asked all the same when no other credential is able',
  }),
  level: Type.Integer(),
})

/** Lists the cooldowns and their causes, and ends them. */
export function cooldowns(context: Context) {
  const { services } = context.gateway
  return new Elysia()
    .get(
      '/cooldowns',
      () => ({ cooldowns: services.pool.states().map(cooldown => wire(cooldown, services.now())) }),
      {
        detail: {
          summary: 'Credentials that cool down',
          description:
            'Model * is all of them. told: the upstream said how long; guessed: when no other credential is able it may be asked all the same.',
        },
        response: {
          200: Type.Object(
            { cooldowns: Type.Array(Cooldown) },
            { description: 'Every cooldown that is not over' },
          ),
        },
      },
    )
    .delete(
      '/cooldowns',
      ({ query }) => {
        if (query.credential !== undefined) mustKnow(query.credential, context)
        const { pool, log, waitingRoom } = services
        const ended = pool.reset(query)
        waitingRoom.wake()
        log.write('info', 'cooldowns are ended by management', { ended, ...query })
        return { ended }
      },
      {
        detail: {
          summary: 'Ends cooldowns',
          description: 'All of them, or those of one credential, of one model, or of both.',
        },
        query: Type.Object({
          credential: Type.Optional(Type.String({ description: 'Such as claude/key-1' })),
          model: Type.Optional(Type.String({ description: "The upstream's name for it, or *" })),
        }),
        response: {
          200: Type.Object({ ended: Type.Integer() }, { description: 'How many ended' }),
          404: failure('There is no such credential'),
        },
      },
    )
}

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
  const known = [...table.providers.values()].flatMap(({ credentials }) =>
    credentials.map(({ id }) => id),
  )
  if (known.includes(credential)) return
  const [best] = nearest(credential, known)
  throw new ManagementError(
    404,
    'credential_not_found',
    `there is no credential "${credential}"${best ? `; did you mean "${best}"?` : ''}`,
  )
}
