import { Type } from '@sinclair/typebox'
import type { RecentExchange } from '../../exchange/events.ts'
import { endpoint } from '../endpoint.ts'
import { json, ManagementError } from '../reply.ts'

const MAX_REQUESTS = 500

/** How the last requests were decided; nothing of what was said in them. */
export const requests = [
  endpoint({
    method: 'GET',
    path: '/requests',
    summary: 'The last requests, newest first, and how each was decided',
    description: `Since the start, at most ${MAX_REQUESTS}. Nothing of what was said in them is kept.`,
    query: Type.Object({
      caller: Type.Optional(Type.String({ description: 'The name of an API key' })),
      asked: Type.Optional(Type.String({ description: 'The model that was asked for' })),
      limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,2}$', description: `100` })),
    }),
    answers: { 200: 'Rules, candidates with their verdicts, usage and outcome of each' },
    answer({ query: { caller, asked, limit = '100' } }, { gateway: { services } }) {
      const found = services.recent
        .list()
        .filter(one => (caller ?? one.caller) === one.caller && (asked ?? one.asked) === one.asked)
      return json({ requests: found.slice(0, Number(limit)).map(wire) })
    },
  }),
  endpoint({
    method: 'GET',
    path: '/requests/:id',
    summary: 'One request, by the id that its reply has in x-jackfield-request-id',
    answers: { 404: 'It is too long ago, or still under way' },
    answer({ params: { id = '' } }, { gateway: { services } }) {
      const found = services.recent.find(id)
      if (found) return json(wire(found))
      throw new ManagementError(
        404,
        'request_not_found',
        `there is no request "${id}" among the last ${MAX_REQUESTS}; it is too long ago, or still under way`,
      )
    },
  }),
]

function wire({ atMs, rules, usage, usd, ...rest }: RecentExchange) {
  const { raw: _, ...counts } = usage
  return {
    ...rest,
    at: new Date(atMs).toISOString(),
    rules: rules.map(({ rule, verdict, at }) => ({
      rule,
      verdict,
      ...(at ? { line: at.line } : {}),
    })),
    usage: counts,
    ...(usd === undefined ? {} : { usd }),
  }
}
