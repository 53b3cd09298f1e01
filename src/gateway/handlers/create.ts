import type { Gateway } from '../../exchange/snapshot.ts'
import { clientCodecs } from '../../protocols/index.ts'
import { endpointHandler } from './endpoint.ts'
import type { Handler } from './handler.ts'
import { modelHandlers } from './models.ts'
import { serviceHandlers } from './service.ts'
import { storedResponseHandlers } from './stored-responses.ts'

/** Every path that a snapshot serves. Throws where two handlers would take the same requests. */
export function createHandlers(gateway: Gateway): readonly Handler[] {
  const handlers = [
    ...clientCodecs.flatMap(codec =>
      codec.endpoints.map(endpoint => endpointHandler(gateway, codec, endpoint)),
    ),
    ...modelHandlers(gateway),
    ...storedResponseHandlers(gateway),
    ...serviceHandlers(gateway),
  ]
  refuseCollisions(handlers)
  return handlers
}

type Route = Pick<Handler, 'method' | 'path'>

/** Elysia would let the last of two handlers with one method and path win. */
export function refuseCollisions(handlers: readonly Route[]): void {
  const taken = new Map<string, string>()
  for (const { method, path } of handlers) {
    const place = `${method} ${path.replace(/:\w+/g, ':')}`
    const other = taken.get(place)
    if (other !== undefined)
      throw new Error(`two handlers for ${method} ${path}: the other one is at ${other}`)
    taken.set(place, path)
  }
}

/** Which methods each path has that is written out, without parts that stand for something. */
export function methodsByPath(handlers: readonly Route[]): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>()
  for (const { method, path } of handlers)
    if (method !== 'ALL' && !isPattern(path))
      methods.set(path, [...(methods.get(path) ?? []), method])
  return methods
}

/**
 * Requests that a pattern would take, though their path is written out for other methods:
 * `GET /v1/responses/compact` names no response.
 */
export function shadowedRoutes(handlers: readonly Route[]): Route[] {
  const exact = methodsByPath(handlers)
  return handlers.flatMap(({ method, path }) =>
    isPattern(path)
      ? [...exact].flatMap(([place, methods]) =>
          matches(path, place) && !methods.includes(method) ? [{ method, path: place }] : [],
        )
      : [],
  )
}

function isPattern(path: string): boolean {
  return /[:*]/.test(path)
}

function matches(pattern: string, path: string): boolean {
  const parts = path.split('/')
  const wanted = pattern.split('/')
  if (wanted.at(-1) === '*' ? parts.length < wanted.length : parts.length !== wanted.length)
    return false
  return wanted.every((part, index) => /^[:*]/.test(part) || part === parts[index])
}
