import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '../support/binary.ts'
import { fakeUpstream, type Received } from '../support/upstream.ts'

/** A ChatGPT account through the binary: a backend that is also the vendor's token endpoint. */

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const RESPONSE = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5.5', output: [] }
const SAID = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'blue', annotations: [] }],
}
const STREAM = [
  { type: 'response.created', response: { ...RESPONSE, status: 'in_progress' } },
  { type: 'response.output_item.done', output_index: 0, item: SAID },
  {
    type: 'response.completed',
    response: { ...RESPONSE, status: 'completed', usage: { input_tokens: 1, output_tokens: 1 } },
  },
]

function answer({ path, headers, body }: Received): Response {
  if (path === '/token') {
    if (new URLSearchParams(body).get('refresh_token') !== 'refresh-canary-1')
      return Response.json({ error: { code: 'refresh_token_reused' } }, { status: 401 })
    const tokens = { access_token: 'access-canary-2', refresh_token: 'refresh-canary-2' }
    return Response.json({ ...tokens, expires_in: 864_000 })
  }
  if (headers.get('authorization') !== 'Bearer access-canary-2')
    return Response.json({ error: { code: 'token_expired', message: 'stale' } }, { status: 401 })
  if (headers.get('chatgpt-account-id') !== 'acct-1')
    return Response.json({ detail: 'Forbidden' }, { status: 403 })
  const frames = STREAM.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } })
}

test('a stale token is refused, refreshed and on the disk before the request is repeated', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-codex-'))
  stops.push(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'codex-ba36a4ed-ada@example.com-plus.json')
  const members = {
    type: 'codex',
    email: 'ada@example.com',
    account_id: 'acct-1',
    id_token: 'a.b.c',
    access_token: 'access-canary-1',
    refresh_token: 'refresh-canary-1',
    last_refresh: '2026-01-01T00:00:00Z',
    expired: '2099-01-01T00:00:00Z',
    added_by: { another: 'program' },
  }
  writeFileSync(file, JSON.stringify(members))
  const upstream = fakeUpstream(answer)
  stops.push(() => upstream.stop())
  const gateway = await start(`version: 1
auth-dir: ${folder}
providers:
  chatgpt:
    kind: codex-oauth
    base-url: "${upstream.url}/backend-api/codex"
    oauth: { token-url: "${upstream.url}/token" }
`)
  stops.push(() => gateway.stop())
  const ask = () =>
    fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({
        model: 'gpt-5.5',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'hi' }],
      }),
    })
  for (const _ of ['stale', 'fresh']) {
    const response = await ask()
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ content: [{ type: 'text', text: 'blue' }] })
  }
  expect(upstream.received.map(({ path }) => path)).toEqual([
    '/backend-api/codex/responses',
    '/token',
    '/backend-api/codex/responses',
    '/backend-api/codex/responses',
  ])
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    access_token: 'access-canary-2',
    refresh_token: 'refresh-canary-2',
    account_id: 'acct-1',
    added_by: { another: 'program' },
  })
})
