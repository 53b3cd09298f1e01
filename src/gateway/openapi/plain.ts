import type { Documented } from '../handlers/handler.ts'

/** A path of the gateway itself that answers with JSON and never fails. */
export function plainOperation(path: string, summary: string): Documented {
  return {
    path,
    method: 'get',
    operation: {
      tags: ['service'],
      summary,
      security: [],
      responses: {
        200: {
          description: 'The answer',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
      },
    },
  }
}
