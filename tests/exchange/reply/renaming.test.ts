import { expect, test } from 'bun:test'
import { localGateway, streamOf } from '../../support/local-gateway.ts'
import { modelsIn } from '../../support/small-reply.ts'
import { question } from '../../support/wires.ts'

const ROUTES = `
version: 1
providers: { up: { kind: openai-compatible, base-url: "http://up.test/v1", keys: [ k ] } }
models: { mine: up/meta/llama }
`

test.each([
  ['close to the colon', '"model":"meta/llama"'],
  ['behind a blank', '"model": "meta/llama"'],
  ['blanks on both sides', '"model" : "meta/llama"'],
  ['an escaped slash', '"model":"meta\\/llama"'],
  ['behind another model’s name', '"router":{"model":"other"},"model":"meta/llama"'],
])('a passed stream carries the asked name, however it is spelled: %s', async (_, member) => {
  const chunk = (delta: string, finish: string): string =>
    `data: {"id":"c",${member},"choices":[{"index":0,"delta":${delta},"finish_reason":${finish}}]}\n\n`
  const gateway = localGateway(ROUTES, () =>
    streamOf([chunk('{"content":"hi"}', 'null'), chunk('{}', '"stop"'), 'data: [DONE]\n\n']),
  )
  const json = question('openai-chat', 'mine', true)
  const text = await (await gateway.call('/v1/chat/completions', { json })).text()
  expect(modelsIn(text)).toContain('mine')
  expect(text).not.toContain('llama')
})
