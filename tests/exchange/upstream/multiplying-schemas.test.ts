import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { localGateway } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  google: { kind: gemini, base-url: "http://google.test", keys: [ k ], models: [ gemini-2.0-flash, gemini-2.5-flash ] }
  cloud: { kind: vertex, base-url: "http://cloud.test", keys: [ k ], models: [ gemini-2.0-flash, gemini-2.5-flash ] }
policy: { request-retry: 0 }
logging: { level: error }
`

/** Thirty definitions, each of which uses the next one twice: 2.8 kB, a billion nodes. */
function doubling(): JsonObject {
  const definitions: JsonObject = { D30: { type: 'string' } }
  for (let index = 0; index < 30; index++) {
    const next = { $ref: `#/$defs/D${index + 1}` }
    definitions[`D${index}`] = { type: 'object', properties: { a: next, b: next } }
  }
  return { type: 'object', properties: { d: { $ref: '#/$defs/D0' } }, $defs: definitions }
}

const REPLY = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'ok' }] }, finishReason: 'STOP' }],
  modelVersion: 'g',
}

describe('a schema that multiplies is served', () => {
  for (const provider of ['google', 'cloud'])
    for (const model of ['gemini-2.0-flash', 'gemini-2.5-flash'])
      test(`${provider}/${model}`, async () => {
        const gateway = localGateway(ROUTES, () => Response.json(REPLY))
        const parameters = doubling()
        const response = await gateway.call('/v1/chat/completions', {
          json: {
            model: `${provider}/${model}`,
            messages: [{ role: 'user', content: 'hi' }],
            tools: [{ type: 'function', function: { name: 'f', parameters } }],
            response_format: {
              type: 'json_schema',
              json_schema: { name: 'r', schema: parameters },
            },
          },
        })
        expect(response.status).toBe(200)
        expect(gateway.received[0]?.body.length).toBeLessThan(50_000)
      })
})
