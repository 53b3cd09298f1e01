/**
 * The origin of a web page that `server.origins` lists, which may then read what it is answered;
 * undefined: it is none. The management API has no such pages.
 */
export function listedOrigin(request: Request, origins: readonly string[]): string | undefined {
  if (origins.length === 0) return undefined
  const origin = request.headers.get('origin')
  if (origin === null || !origins.includes(origin)) return undefined
  return new URL(request.url).pathname.startsWith('/v0/management') ? undefined : origin
}

/** What a browser asks before it sends a page's request. */
export function preflight({ headers }: Request, origin: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...shared(origin),
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': headers.get('access-control-request-headers') ?? '*',
      'access-control-allow-private-network': 'true',
      'access-control-max-age': '600',
    },
  })
}

/** Lets the page read the reply, and what it says in headers. */
export function readableBy(reply: Response, origin: string): Response {
  for (const [name, value] of Object.entries(shared(origin))) reply.headers.set(name, value)
  reply.headers.set('access-control-expose-headers', '*')
  return reply
}

function shared(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, vary: 'Origin' }
}
