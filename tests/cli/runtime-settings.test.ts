import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wantedEnv } from '../../src/cli/runtime-settings.ts'
import { start } from '../support/binary.ts'
import { fakeUpstream } from '../support/upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'jackfield-env-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the environment of a process', () => {
  const LIMIT = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' }
  const NOT_OURS = {
    BUN_OPTIONS: '--preload ./x.js',
    BUN_BE_BUN: '1',
    BUN_CONFIG_VERBOSE_FETCH: 'curl',
    BUN_INSPECT: 'ws://0.0.0.0:1/x',
    BUN_INSPECT_CONNECT_TO: 'ws://0.0.0.0:1/x',
    BUN_INSPECT_NOTIFY: 'unix:///x',
    BUN_INSPECT_PRELOAD: './x.js',
  }
  const OURS = { PATH: '/bin', ANTHROPIC_API_KEY: 'k', BUN_CONFIG_DNS_TIME_TO_LIVE_SECONDS: '5' }
  test.each<[string, Record<string, string>, boolean, Record<string, string> | undefined]>([
    ['what a command needs', OURS, false, undefined],
    ['what a gateway needs', { ...OURS, ...LIMIT }, true, undefined],
    ['without the limit of fetches', OURS, true, { ...OURS, ...LIMIT }],
    ['with a limit of the user’s own', { BUN_CONFIG_MAX_HTTP_REQUESTS: '7' }, true, undefined],
    ['with variables that are for Bun alone', { ...OURS, ...NOT_OURS }, false, OURS],
    [
      'with these, and with the limit',
      { ...OURS, ...LIMIT, ...NOT_OURS },
      true,
      { ...OURS, ...LIMIT },
    ],
    // As many names as before, and all the same another environment.
    ['with one too many and one too few', { BUN_OPTIONS: '--smol' }, true, LIMIT],
  ])('%s', (_, env, serving, expected) => expect(wantedEnv(env, serving)).toEqual(expected))
})

test('a gateway prints no request, and runs no code before its own, whatever Bun is told', async () => {
  const preload = join(folder, 'preload.cjs')
  writeFileSync(preload, 'process.env.PRELOADED_IN = String(process.execArgv.length)\n')
  const upstream = fakeUpstream(() => Response.json({ data: [] }))
  const gateway = await start(
    `version: 1
providers:
  up: { kind: openai-compatible, base-url: "${upstream.url}/v1", keys: [ key-that-is-secret ] }
`,
    {
      env: {
        BUN_CONFIG_VERBOSE_FETCH: 'curl',
        BUN_OPTIONS: `--preload=${preload}`,
        BUN_CONFIG_MAX_HTTP_REQUESTS: '300',
      },
    },
  )
  await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'up/x', messages: [{ role: 'user', content: 'x' }] }),
  })
  expect(upstream.received.length).toBeGreaterThan(0)
  await gateway.stop()
  await upstream.stop()
  expect(gateway.output()).not.toContain('key-that-is-secret')
  expect(gateway.output()).not.toContain('[fetch]')
})
