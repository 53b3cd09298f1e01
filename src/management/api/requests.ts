import { type Static, Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { RecentExchange } from '../../exchange/events.ts'
import type { Context } from '../context.ts'
import { failure, ManagementError } from '../error.ts'

const MAX_REQUESTS = 500

const Count = Type.Optional(Type.Integer())

/** One exchange that is over. */
const Request = Type.Object(
  {
    id: Type.String(),
    at: Type.String({ format: 'date-time' }),
    ms: Type.Number(),
    caller: Type.String({ description: 'The name of an API key' }),
    client: Type.String(),
    protocol: Type.String(),
    asked: Type.String({ description: 'The model that was asked for' }),
    route: Type.String({ description: 'The entry that decided' }),
    rules: Type.Array(
      Type.Object({
        rule: Type.String(),
        verdict: Type.String(),
        line: Type.Optional(Type.Integer()),
      }),
    ),
    decisions: Type.Array(
      Type.Object({
        target: Type.String(),
        credential: Type.Optional(Type.String()),
        verdict: Type.String(),
        reason: Type.Optional(Type.String()),
        line: Type.Integer(),
      }),
    ),
    status: Type.Integer(),
    usage: Type.Object(
      { fresh: Count, cacheRead: Count, cacheWrite: Count, output: Count, reasoning: Count },
      { additionalProperties: true },
    ),
    estimated: Type.Optional(Type.Boolean()),
    usd: Type.Optional(Type.Number()),
    losses: Type.Integer(),
    error: Type.Optional(Type.String()),
  },
  { additionalProperties: true },
)

/** How the last requests were decided, without anything of their contents. */
export function requests({ gateway: { services } }: Context) {
  return new Elysia()
    .get(
      '/requests',
      ({ query: { caller, asked, limit = '100' } }) => {
        const found = services.recent
          .list()
          .filter(
            exchange =>
              (caller ?? exchange.caller) === exchange.caller &&
              (asked ?? exchange.asked) === exchange.asked,
          )
        return { requests: found.slice(0, Number(limit)).map(wire) }
      },
      {
        detail: {
          summary: 'The last requests, newest first, and how each was decided',
          description: `Since the start, at most ${MAX_REQUESTS}. Their prompts and replies are not kept.`,
        },
        query: Type.Object({
          caller: Type.Optional(Type.String({ description: 'The name of an API key' })),
          asked: Type.Optional(Type.String({ description: 'The model that was asked for' })),
          limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,2}$', description: `100` })),
        }),
        response: {
          200: Type.Object(
            { requests: Type.Array(Request) },
            { description: 'Rules, candidates with their verdicts, usage and outcome of each' },
          ),
        },
      },
    )
    .get(
      '/requests/:id',
      ({ params: { id } }) => {
        const found = services.recent.find(id)
        if (found) return wire(found)
        throw new ManagementError(
          404,
          'request_not_found',
          `there is no request "${id}" among the last ${MAX_REQUESTS}; it is too long ago, or still under way`,
        )
      },
      {
        detail: {
          summary: 'One request, by the id that its reply has in x-jackfield-request-id',
        },
        response: { 200: Request, 404: failure('It is too long ago, or still under way') },
      },
    )
}

function wire({
  atMs,
  rules,
  decisions,
  usage,
  ...exchange
}: RecentExchange): Static<typeof Request> {
  const { raw: _, ...counts } = usage
  return {
    ...exchange,
    at: new Date(atMs).toISOString(),
    rules: rules.map(({ rule, verdict, at }) => ({ rule, verdict, line: at?.line })),
    decisions: [...decisions],
    usage: counts,
  }
}
