import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { adaptTools, needsOf, withValidMedia } from '../../src/conversation/index.ts'
import { GatewayError } from '../../src/lib/errors.ts'
import type { JsonObject, JsonValue } from '../../src/lib/json/json.ts'
import type { Codec } from '../../src/protocols/codec.ts'
import { codecFor } from '../../src/protocols/index.ts'
import { requestsOf } from '../support/requests.ts'
import { WIRES } from '../support/wires.ts'

/** What a client, or an attacker, may put in the place of anything. */
const PUT: JsonValue[] = [
  ...[null, true, 5, -1, 1e300, '', 'x', 'constructor', '\u0000', [], {}, [null], [5], ['x'], [[]]],
  { type: 'text' },
  { type: '__proto__' },
  [{ type: 'toString' }],
  JSON.parse('{"__proto__":{"type":"text","text":"x"}}'),
]

type Step = { down: number; stop: boolean }
const mutation = fc.record({
  way: fc.array(fc.record({ down: fc.nat(), stop: fc.boolean() }), { minLength: 1, maxLength: 9 }),
  put: fc.option(fc.constantFrom(...PUT)),
})

/** Puts a value, or nothing, where the way leads. */
function mutate(value: JsonObject | JsonValue[], [step, ...way]: Step[], put: JsonValue | null) {
  const keys = Object.keys(value)
  const key = step && keys[step.down % keys.length]
  if (step === undefined || key === undefined) return
  const inner: unknown = Reflect.get(value, key)
  const goesOn = way.length > 0 && !step.stop && typeof inner === 'object' && inner !== null
  if (goesOn) mutate(inner as JsonObject, way, put)
  else if (put !== null) Reflect.set(value, key, structuredClone(put))
  else if (Array.isArray(value)) value.splice(Number(key), 1)
  else delete value[key]
}

function codecOf(wire: (typeof WIRES)[number]): Codec {
  const codec = codecFor(wire)
  if (!codec) throw new Error('no codec')
  return codec
}

/** Whether the body is accepted; then it can be read, and said in every protocol. */
function survives(codec: Codec, body: JsonObject): boolean {
  try {
    codec.requests.generate?.check(body)
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError)
    return false
  }
  const request = codec.decodeRequest(body, { model: 'm', stream: false })
  needsOf(request)
  for (const wire of WIRES) {
    const target = codecOf(wire)
    const to = { model: 'x', stream: false, issuer: 'up', quirks: {} }
    const fitted = adaptTools(
      withValidMedia(request, () => {}),
      target.dialect,
    )
    try {
      JSON.stringify(target.encodeRequest(fitted.request, to))
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError)
    }
  }
  return true
}

describe('a request that is damaged is refused, or can be read', () => {
  for (const wire of WIRES)
    test(wire, () => {
      const codec = codecOf(wire)
      const bodies = requestsOf(wire)
        .map(({ body }) => body)
        .filter(body => JSON.stringify(body).length < 8_000)
      let accepted = 0
      fc.assert(
        fc.property(
          fc.constantFrom(...bodies),
          fc.array(mutation, { minLength: 1, maxLength: 3 }),
          (body, mutations) => {
            const damaged = structuredClone(body)
            for (const { way, put } of mutations) mutate(damaged, way, put)
            if (survives(codec, damaged)) accepted++
          },
        ),
        { seed: 15, numRuns: 1_500 },
      )
      expect(accepted).toBeGreaterThan(150)
      expect(accepted).toBeLessThan(1_400)
    }, 60_000)
})
