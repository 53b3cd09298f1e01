import { describe, expect, test } from 'bun:test'
import {
  methodsByPath,
  refuseCollisions,
  shadowedRoutes,
} from '../../../src/gateway/handlers/create.ts'
import { localGateway } from '../../support/local-gateway.ts'

const get = (path: string) => ({ method: 'GET', path }) as const
const post = (path: string) => ({ method: 'POST', path }) as const

describe('two handlers for the same requests are refused', () => {
  test.each([
    ['the same path', [get('/a'), get('/a')], 'two handlers for GET /a'],
    ['parts by another name', [get('/a/:id'), get('/a/:name')], 'the other one is at /a/:id'],
  ])('%s', (_, handlers, message) => {
    expect(() => refuseCollisions(handlers)).toThrow(message)
  })

  test.each([
    ['another method', [get('/a'), post('/a')]],
    ['a part and a rest', [get('/a/:id'), get('/a/*')]],
  ])('%s is none', (_, handlers) => {
    expect(() => refuseCollisions(handlers)).not.toThrow()
  })
})

test('a path has the methods of its handlers; patterns have none of their own', () => {
  const methods = methodsByPath([get('/a'), post('/a'), get('/a/:id')])
  expect([...methods]).toEqual([['/a', ['GET', 'POST']]])
})

test('a pattern does not take a path that is written out for another method', () => {
  const routes = [post('/a/b'), post('/a/c/d'), get('/a/:id'), get('/x/*'), post('/x/y/z')]
  expect(shadowedRoutes(routes)).toEqual([get('/a/b'), get('/x/y/z')])
})

describe('a method that a path does not have', () => {
  const gateway = localGateway('providers: { echo: { kind: echo } }\n', () => new Response())
  test.each([
    ['GET', '/v1/messages', 'POST'],
    ['DELETE', '/v1/models', 'GET'],
    ['DELETE', '/v1/responses/compact', 'POST'],
    ['POST', '/swagger/json', 'GET'],
    ['POST', '/', 'GET, HEAD'],
  ])('%s %s: use %s', async (method, path, allow) => {
    const response = await gateway.call(path, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
  })
})
