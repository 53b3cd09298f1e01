import { describe, expect, test } from 'bun:test'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Running, start } from '../support/binary.ts'
import { fakeUpstream } from '../support/upstream.ts'

const routes = (model: string, more = ''): string =>
  `version: 1\nproviders: { echo: { kind: echo } }\nmodels: { ${model}: echo/echo }\nlogging: { level: info }\n${more}`

async function listed(gateway: Running): Promise<string[]> {
  const body = (await (await fetch(`${gateway.url}/v1/models`)).json()) as {
    data: { id: string }[]
  }
  return body.data.map(({ id }) => id)
}

/** Asks until the gateway serves the name: the file's watcher needs its moment. */
async function serves(gateway: Running, model: string): Promise<void> {
  for (;;) if ((await listed(gateway)).includes(model)) return
}

describe('a changed file is in force without a restart', () => {
  test('written in place, renamed into place, truncated and written, gone and back, SIGHUP', async () => {
    const gateway = await start(routes('one'))
    await serves(gateway, 'one')
    gateway.write(routes('two'))
    await serves(gateway, 'two')
    writeFileSync(`${gateway.routes}.new`, routes('three'))
    renameSync(`${gateway.routes}.new`, gateway.routes)
    await serves(gateway, 'three')
    gateway.write('')
    gateway.write(routes('four'))
    await serves(gateway, 'four')
    rmSync(gateway.routes)
    await gateway.said('is gone; the last good routes stay in force')
    expect(await listed(gateway)).toContain('four')
    gateway.write(routes('five'))
    await serves(gateway, 'five')
    gateway.signal('SIGHUP')
    expect(await gateway.stop()).toBe(0)
  })

  test('a bad edit is explained and changes nothing', async () => {
    const gateway = await start(routes('one'))
    gateway.write(routes('two').replace('echo/echo', 'nobody/x'))
    await gateway.said('no provider named "nobody"')
    await gateway.said('the last good routes stay in force')
    expect(await listed(gateway)).toContain('one')
    gateway.write(routes('two'))
    await serves(gateway, 'two')
    await gateway.stop()
  })

  test('a failing test of the file is a bad edit', async () => {
    const gateway = await start(routes('one'))
    gateway.write(routes('two', 'tests: [ { ask: two, expect: not-found } ]\n'))
    await gateway.said('"two" leads to echo/echo, not to not-found')
    expect(await listed(gateway)).toContain('one')
    await gateway.stop()
  })

  test('a folder in the place of the file does not bring the gateway down', async () => {
    const gateway = await start(routes('one'))
    rmSync(gateway.routes)
    mkdirSync(join(gateway.routes))
    await gateway.said('is gone; the last good routes stay in force')
    expect(await listed(gateway)).toContain('one')
    await gateway.stop()
  })

  test('reload after reload, good and bad, under load: nothing is dropped', async () => {
    const upstream = fakeUpstream(() => {
      const chunk = (delta: object, finish: string | null = null): string =>
        `data: ${JSON.stringify({ id: 'c', model: 'x', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
      return new Response(
        `${chunk({ role: 'assistant', content: 'a' }) + chunk({ content: 'b' }) + chunk({}, 'stop')}data: [DONE]\n\n`,
        { headers: { 'content-type': 'text/event-stream' } },
      )
    })
    const versions = (n: number): string =>
      `version: 1\nproviders: { up: { kind: openai-compatible, base-url: "${upstream.url}/v1", keys: [ k ] } }\nmodels: { m: up/x-${n} }\nlogging: { level: error }\n`
    const gateway = await start(versions(0))
    let running = true
    let served = 0
    const faults: string[] = []
    const client = async (): Promise<void> => {
      while (running) {
        const response = await fetch(`${gateway.url}/v1/messages`, {
          method: 'POST',
          body: JSON.stringify({
            model: 'm',
            max_tokens: 5,
            stream: true,
            messages: [{ role: 'user', content: 'x' }],
          }),
        }).catch((error: unknown) => String(error))
        if (typeof response === 'string') faults.push(response)
        else {
          const text = await response.text()
          if (response.status !== 200 || !text.includes('message_stop'))
            faults.push(`${response.status} ${text}`)
          else served++
        }
      }
    }
    const clients = Array.from({ length: 8 }, client)
    for (let n = 1; n <= 150; n++) {
      gateway.write(n % 3 === 0 ? 'models: { broken' : versions(n))
      gateway.signal('SIGHUP')
      // A file that never keeps still never counts.
      const waits = n % 10 === 1 && n % 3 !== 0
      do await fetch(`${gateway.url}/healthz`)
      while (waits && !upstream.received.some(({ body }) => body.includes(`x-${n}"`)))
    }
    gateway.write(versions(1_000))
    gateway.signal('SIGHUP')
    while (!upstream.received.some(({ body }) => body.includes('x-1000')))
      await fetch(`${gateway.url}/healthz`)
    running = false
    await Promise.all(clients)
    expect(faults).toEqual([])
    expect(served).toBeGreaterThan(100)
    expect(
      new Set(upstream.received.map(({ body }) => JSON.parse(body).model)).size,
    ).toBeGreaterThan(10)
    expect(await gateway.stop()).toBe(0)
    await upstream.stop()
  }, 60_000)
})
