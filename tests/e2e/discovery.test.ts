import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Running, runCommand, start } from '../support/binary.ts'
import { fakeUpstream } from '../support/upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'jackfield-discovery-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let homes = 0
let env: Record<string, string> = {}
beforeEach(() => {
  env = { JACKFIELD_HOME: join(folder, `home-${homes++}`) }
})

const REPLY = {
  id: 'c',
  object: 'chat.completion',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}
const list = (...names: string[]): Response => Response.json({ data: names.map(id => ({ id })) })
const routes = (url: string): string =>
  `version: 1\nproviders: { up: { kind: openai-compatible, base-url: "${url}/v1", keys: [ k ] } }\n`

async function listed(gateway: Running): Promise<string[]> {
  const body = (await (await fetch(`${gateway.url}/v1/models`)).json()) as {
    data: { id: string }[]
  }
  return body.data.map(({ id }) => id)
}

async function lists(gateway: Running, ...names: string[]): Promise<void> {
  while ((await listed(gateway)).join() !== names.join()) await Bun.sleep(0)
}

const chat = (gateway: Running, model: string): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
  })

describe('models are discovered', () => {
  test('while it serves, again on SIGHUP, and are there after a restart without the upstream', async () => {
    let names = ['x']
    const upstream = fakeUpstream(
      () => Response.json(REPLY),
      () => list(...names),
    )
    const gateway = await start(routes(upstream.url), { env })
    await lists(gateway, 'x')
    expect((await chat(gateway, 'x')).headers.get('x-jackfield-provider')).toBe('up/x')
    names = ['x', 'y']
    gateway.signal('SIGHUP')
    await lists(gateway, 'x', 'y')
    expect(await gateway.stop()).toBe(0)
    await upstream.stop()

    const again = await start(routes(upstream.url), { env })
    expect(await listed(again)).toEqual(['x', 'y'])
    await again.said('up did not tell its list of models')
    expect(await listed(again)).toEqual(['x', 'y'])
    await again.stop()

    writeFileSync(join(folder, 'routes.yaml'), routes(upstream.url))
    const explained = await runCommand(['explain', 'y'], { cwd: folder, env })
    expect(explained.stdout).toMatch(/5 catalogue: listed by up \(discovered \d{4}-\d\d-\d\d\)/)
    const checked = await runCommand(['check'], { cwd: folder, env })
    expect(checked.stdout).toContain('is good: 2 models')
    const elsewhere = { JACKFIELD_HOME: join(folder, 'nowhere') }
    expect((await runCommand(['explain', 'y'], { cwd: folder, env: elsewhere })).code).toBe(1)
  })

  test('of a provider that a reload brings', async () => {
    const upstream = fakeUpstream(
      () => Response.json(REPLY),
      () => list('x'),
    )
    const gateway = await start('version: 1\nproviders: { echo: { kind: echo } }\n', { env })
    expect(await listed(gateway)).toEqual(['echo'])
    gateway.write(routes(upstream.url))
    await lists(gateway, 'x')
    await gateway.stop()
    await upstream.stop()
  })

  test('with the built-in routes, which ask no upstream without a key or an address', async () => {
    const asked: string[] = []
    const upstream = fakeUpstream(
      () => Response.json(REPLY),
      ({ url }) => {
        asked.push(new URL(url).pathname)
        return list('local-one')
      },
    )
    const gateway = await start('', {
      builtin: true,
      env: { ...env, OLLAMA_BASE_URL: upstream.url },
    })
    while (!(await listed(gateway)).includes('local-one')) await Bun.sleep(0)
    expect(asked).toEqual(['/v1/models'])
    await gateway.stop()
    await upstream.stop()
  })

  test('by the hundred, and the documentation stays readable', async () => {
    const names = Array.from({ length: 300 }, (_, at) => `model-${100 + at}`)
    const upstream = fakeUpstream(
      () => Response.json(REPLY),
      () => list(...names),
    )
    const gateway = await start(routes(upstream.url), { env })
    await lists(gateway, ...names)
    const documentation = await (await fetch(`${gateway.url}/swagger/json`)).text()
    expect(documentation).toContain('model-100')
    expect(documentation).toContain('and others, listed at /v1/models')
    expect(documentation).not.toContain('model-399')
    await gateway.stop()
    await upstream.stop()
  })

  test('without anybody waiting for a list that never comes: no start, no request, no end', async () => {
    const asking = Promise.withResolvers<void>()
    const upstream = fakeUpstream(
      () => Response.json(REPLY),
      () => {
        asking.resolve()
        return new Promise<Response>(() => {})
      },
    )
    const gateway = await start(routes(upstream.url), { env })
    await asking.promise
    expect((await chat(gateway, 'up/x')).status).toBe(200)
    expect(await listed(gateway)).toEqual([])
    expect(await gateway.stop()).toBe(0)
    expect(gateway.output()).not.toContain('did not tell')
    await upstream.stop()
  })
})
