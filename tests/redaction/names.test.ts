import { describe, expect, test } from 'bun:test'
import type { Path } from '../../src/lib/path.ts'
import {
  isSecretName,
  isSecretPlace,
  mayNameSecret,
  SECRET_MEMBER,
  secretHeaderNames,
} from '../../src/redaction/names.ts'

const isSecretMember = (name: string): boolean =>
  `{"${name}":"x"}`.search(new RegExp(SECRET_MEMBER.source, 'i')) !== -1

describe('one list of names', () => {
  test.each<[string, { header: boolean; parameter: boolean; json: boolean; file: boolean }]>([
    ['secret', { header: true, parameter: true, json: true, file: true }],
    ['client_secret', { header: true, parameter: true, json: true, file: true }],
    ['password', { header: true, parameter: true, json: true, file: true }],
    ['Authorization', { header: true, parameter: true, json: true, file: true }],
    ['Set-Cookie', { header: true, parameter: true, json: true, file: true }],
    ['private_key', { header: true, parameter: true, json: true, file: true }],
    ['apikey', { header: true, parameter: true, json: true, file: true }],
    ['x-goog-api-key', { header: true, parameter: true, json: true, file: true }],
    ['access_token', { header: true, parameter: true, json: true, file: true }],
    ['token', { header: true, parameter: true, json: false, file: true }],
    ['key', { header: true, parameter: true, json: false, file: false }],
    ['signature', { header: true, parameter: true, json: false, file: false }],
    ['code', { header: false, parameter: true, json: false, file: false }],
    ['state', { header: false, parameter: true, json: false, file: false }],
    ['max-tokens', { header: false, parameter: true, json: false, file: false }],
    ['model', { header: false, parameter: false, json: false, file: false }],
    ['user-agent', { header: false, parameter: false, json: false, file: false }],
  ])('%s', (name, expected) =>
    expect({
      header: isSecretName(name),
      parameter: mayNameSecret(name),
      json: isSecretMember(name),
      file: isSecretPlace(['a', name]),
    }).toEqual(expected),
  )

  test.each<[Path, boolean]>([
    [['providers', 'a', 'keys'], true],
    [['providers', 'a', 'keys', 0], true],
    [['providers', 'a', 'keys', 0, 'key'], true],
    [['providers', 'a', 'keys', 0, 'name'], false],
    [['providers', 'a', 'headers', 'X-Team'], true],
    [['rules', 0, 'when', 'key'], false],
    [['rules', 0, 'set', 'session.token'], true],
    [[], false],
  ])('a place of routes.yaml: %j', (path, expected) => expect(isSecretPlace(path)).toBe(expected))

  test('declared headers are secret unless known as harmless or copied from the client', () =>
    expect(
      secretHeaderNames({ 'X-Team': 'a', 'User-Agent': 'b', 'x-trace': '$x-request-id' }),
    ).toEqual(['x-team']))
})
