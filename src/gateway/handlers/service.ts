import { jsonSchema } from '../../config/index.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { plainOperation } from '../openapi/plain.ts'
import { guarded } from './guarded.ts'
import type { Handler } from './handler.ts'

/** The gateway itself: whether it is up, a greeting, the schema of its file. */
export function serviceHandlers(gateway: Gateway): Handler[] {
  const documented = (path: string, title: string) => ({
    path,
    title,
    openapi: () => [plainOperation(path, title)],
  })
  const get = { method: 'GET', access: 'public' } as const
  const head = { method: 'HEAD', access: 'public', answer: () => new Response(null) } as const
  return [
    guarded(gateway, {
      ...get,
      ...documented('/healthz', 'Whether the gateway is up'),
      answer: () => Response.json({ status: 'ok' }),
    }),
    guarded(gateway, {
      ...get,
      ...documented('/routes.schema.json', 'The JSON Schema of routes.yaml'),
      answer: () => Response.json(jsonSchema()),
    }),
    guarded(gateway, {
      ...get,
      path: '/',
      title: 'How to point an agent at the gateway',
      answer: ({ request }) => greeting(request),
    }),
    guarded(gateway, { ...head, path: '/', title: 'Whether the gateway is up' }),
    guarded(gateway, { ...head, path: '/api/hello', title: 'Whether the gateway is up' }),
  ]
}

function greeting(request: Request): Response {
  const { origin } = new URL(request.url)
  return new Response(
    `jackfield is up. Point your agent at ${origin} (Anthropic, Gemini) or ${origin}/v1 (OpenAI).\nWhat it serves: ${origin}/swagger\n`,
    { headers: { 'content-type': 'text/plain; charset=utf-8' } },
  )
}
