import { describe, expect, test } from 'bun:test'
import { admit } from '../../../src/gateway/handlers/access.ts'
import { localGateway } from '../../support/local-gateway.ts'

const ECHO = 'providers: { echo: { kind: echo } }\n'
const KEYS = `${ECHO}api-keys: [ { name: alice, key: key-of-alice } ]\n`
const OPEN = `${ECHO}server: { host: 0.0.0.0, open-to-all: true }\n`
const HERE = '127.0.0.1'
const THERE = '192.0.2.7'

type Access = Parameters<typeof admit>[1]

describe('who is admitted', () => {
  test.each<[Access, string, string, string, string]>([
    ['callers', 'without keys, from here', ECHO, HERE, 'local'],
    ['callers', 'without keys, from elsewhere', ECHO, THERE, 'unauthenticated'],
    ['callers', 'open to all, from elsewhere', OPEN, THERE, 'local'],
    ['callers', 'with keys, but none sent', KEYS, HERE, 'unauthenticated'],
    ['documentation', 'open to all, from elsewhere', OPEN, THERE, 'unauthenticated'],
    ['documentation', 'open to all, from here', OPEN, HERE, ''],
    ['loopback', 'with keys, from here', KEYS, HERE, 'local'],
    ['loopback', 'open to all, from elsewhere', OPEN, THERE, 'unauthenticated'],
    ['public', 'with keys, from elsewhere', KEYS, THERE, ''],
  ])('%s: %s', (access, _, routes, peer, expected) => {
    const { gateway, services } = localGateway(routes, () => new Response())
    services.peerOf = () => peer
    const request = new Request('http://localhost/x', { headers: { host: 'localhost' } })
    const admitted = (): string => {
      try {
        return admit(gateway, access, request).name
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : 'another error'
      }
    }
    expect(admitted()).toBe(expected)
  })
})
