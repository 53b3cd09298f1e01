import { describe, expect, test } from 'bun:test'
import { openedGates } from '../../src/gateway/gates.ts'
import { localGateway } from '../support/local-gateway.ts'

const ECHO = 'providers: { echo: { kind: echo } }\n'
const key = (more: string) => `api-keys: [ { name: ann, key: key-of-ann${more} } ]\n`
const SECRET = 'remote-management: { secret-key: a-secret-of-this-test'

const tableOf = (more: string) => localGateway(ECHO + more, () => new Response()).gateway.table

describe('what a new file opens', () => {
  test.each<[string, string, string, string[]]>([
    ['nothing', key(''), key(''), []],
    ['keys are added', '', key(''), []],
    ['keys are gone', key(''), '', ['all API keys are gone, so that callers need none']],
    [
      'a key loses its models',
      key(', models: [ a ]'),
      key(''),
      ['the key "ann" has no models any more'],
    ],
    [
      'a key loses its limits',
      key(', limits: { requests-per-minute: 1 }'),
      key(''),
      ['the key "ann" has no limits any more'],
    ],
    ['a key gets other models', key(', models: [ a ]'), key(', models: [ b ]'), []],
    [
      'everybody',
      '',
      'server: { open-to-all: true, host: 0.0.0.0 }\n',
      ['server.open-to-all admits all callers'],
    ],
    ['management', '', `${SECRET} }\n`, ['the management API opens']],
    [
      'management from elsewhere',
      `${SECRET} }\n`,
      `${SECRET}, allow-remote: true }\n`,
      ['other machines may use the management API'],
    ],
  ])('%s', (_, now, next, opened) => {
    expect(openedGates(tableOf(now), tableOf(next))).toEqual(opened)
  })
})
