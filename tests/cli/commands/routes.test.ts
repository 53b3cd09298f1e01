import { describe, expect, test } from 'bun:test'
import { run } from '../../../src/cli/commands/routes.ts'
import type { Io } from '../../../src/cli/terminal.ts'

const OPEN = 'version: 1\nproviders: { echo: { kind: echo } }\n'
const MANAGED = `${OPEN}remote-management: { secret-key: a-secret-of-this-test }\n`

async function printed(file: string, ...args: string[]) {
  let stdout = ''
  let stderr = ''
  const io: Io = {
    stdout: text => {
      stdout += text
    },
    stderr: text => {
      stderr += text
    },
    env: { JACKFIELD_HOME: '/nowhere/at/all' },
    cwd: '/nowhere/at/all',
    readFile: () => file,
  }
  const code = await run(['--routes', 'routes.yaml', ...args], io)
  return { code, stdout, stderr }
}

type Listed = { method: string; path: string; access: string; protocol?: string; title: string }

describe('jackfield routes', () => {
  test('prints a line for each path: method, path, access, protocol, title', async () => {
    const { code, stdout } = await printed(OPEN)
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^POST +\/v1\/messages +callers +anthropic +Send messages \(Anthropic\)$/m,
    )
    expect(stdout).toMatch(
      /^WebSocket +\/v1\/responses +callers +openai-responses +Responses over/m,
    )
    expect(stdout).toMatch(/^GET +\/healthz +public +- +Whether the gateway is up$/m)
    expect(stdout).toMatch(/^GET +\/swagger\/json +documentation +- +This API as OpenAPI$/m)
  })

  test('the management API is there with its secret only', async () => {
    expect((await printed(OPEN)).stdout).not.toContain('/v0/management')
    expect((await printed(MANAGED)).stdout).toMatch(
      /^DELETE +\/v0\/management\/keys\/:name +management +- +Takes an API key out$/m,
    )
  })

  test('--json: the same as data, and each path with a title', async () => {
    const listed: Listed[] = JSON.parse((await printed(MANAGED, '--json')).stdout)
    expect(listed).toContainEqual({
      method: 'POST',
      path: '/v1/messages',
      access: 'callers',
      protocol: 'anthropic',
      title: 'Send messages (Anthropic)',
    })
    expect(listed.filter(({ title }) => title === '')).toEqual([])
    const places = listed.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(places).size).toBe(places.length)
  })

  test('a file with errors is explained', async () => {
    const { code, stdout, stderr } = await printed('version: 1\nproviders: { a: { kind: x } }\n')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('routes.yaml:2')
  })
})
