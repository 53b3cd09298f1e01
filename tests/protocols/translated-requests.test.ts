import { describe, expect, test } from 'bun:test'
import { adaptTools, isEmptyRequest } from '../../src/conversation/index.ts'
import { codecFor } from '../../src/protocols/index.ts'
import type { Wire } from '../support/read-reply.ts'
import { requestsOf } from '../support/requests.ts'
import { schemaFaults, schemasMissing } from '../support/schemas.ts'
import { WIRES } from '../support/wires.ts'

/** A model of each protocol that can do all that the requests ask for. */
const SERVED: Record<Wire, string> = {
  anthropic: 'claude-sonnet-4-5',
  'openai-chat': 'gpt-5.2',
  'openai-responses': 'gpt-5.2',
  gemini: 'gemini-3-flash',
}

/** What OpenAI's own schema does not know: a fault that must be told. */
const BEYOND: Record<string, string> = {
  // Videos are an extension that aggregators have.
  'google-google-model-youtube-video-url-input-with-vendor-metadata-ecee157a': '/messages/',
}

describe.skipIf(schemasMissing)(
  'every request is legal in every other protocol, by its API’s own schema',
  () => {
    for (const from of WIRES) {
      for (const { id, body, stream } of requestsOf(from)) {
        for (const to of WIRES) {
          if (to === from) continue
          test(`${from} ${id} to ${to}`, () => {
            const source = codecFor(from)
            const target = codecFor(to)
            if (!source || !target) throw new Error('no codec')
            const model = String(body.model ?? 'm')
            const request = source.decodeRequest(structuredClone(body), { model, stream })
            // Such a request is refused before it is encoded.
            if (isEmptyRequest(request)) return expect(id).toContain('empty-string-content')
            const { wire } = target.encodeRequest(adaptTools(request, target.dialect).request, {
              model: SERVED[to],
              stream,
              issuer: 'up',
              quirks: {},
            })
            const faults = schemaFaults(to, 'request', wire.body)
            const known = BEYOND[id]
            if (to === 'openai-chat' && known) expect(faults.join('\n')).toContain(known)
            else expect(faults).toEqual([])
          })
        }
      }
    }
  },
)
