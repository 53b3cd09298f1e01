import { describe, expect, test } from 'bun:test'
import { renewedGateway, streamOf } from '../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  up: { kind: openai-compatible, base-url: "http://up.test/v1", keys: [ k1 ] }
  spare: { kind: openai-compatible, base-url: "http://spare.test/v1", keys: [ k2 ] }
  claude: { kind: anthropic-compatible, base-url: "http://claude.test", keys: [ k3 ] }
models:
  embed: [ up/text-embedding-3, spare/embed-too ]
  voice: up/whisper-1
  painter: up/image-1
  talker: claude/m
policy: { request-retry: 0 }
logging: { level: error }
`

describe('requests that are only passed on', () => {
  test('embeddings: routed, renamed, counted', async () => {
    const reply = {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
      model: 'text-embedding-3',
      usage: { prompt_tokens: 4, total_tokens: 4 },
    }
    const gateway = renewedGateway(ROUTES, () => Response.json(reply))
    const response = await gateway.call('/v1/embeddings', {
      json: { model: 'embed', input: 'hi', dimensions: 8 },
    })
    expect(await response.json()).toEqual({ ...reply, model: 'embed' })
    expect(gateway.received[0]?.url).toBe('http://up.test/v1/embeddings')
    expect(JSON.parse(gateway.received[0]?.text ?? '')).toEqual({
      model: 'text-embedding-3',
      input: 'hi',
      dimensions: 8,
    })
    expect([...gateway.services.ledger.tallies().values()][0]).toMatchObject({
      requests: 1,
      fresh: 4,
    })
  })

  test('fail over', async () => {
    const gateway = renewedGateway(ROUTES, ({ url }) =>
      url.includes('up.test')
        ? Response.json({ error: { message: 'busy' } }, { status: 503 })
        : Response.json({ data: [], usage: { prompt_tokens: 1 } }),
    )
    const response = await gateway.call('/v1/embeddings', { json: { model: 'embed', input: 'x' } })
    expect(response.status).toBe(200)
    expect(gateway.received.map(({ url }) => new URL(url).host)).toEqual(['up.test', 'spare.test'])
  })

  test('a form: only the model’s field changes', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json({ text: 'hello' }))
    const sound = new Uint8Array([0, 255, 13, 10, 45, 45, 1, 2])
    const form = new FormData()
    form.set('file', new File([sound], 'model.wav', { type: 'audio/wav' }))
    form.set('model', 'voice')
    form.set('language', 'en')
    const response = await gateway.call('/v1/audio/transcriptions', { method: 'POST', body: form })
    expect(await response.json()).toEqual({ text: 'hello' })
    const sent = gateway.received[0]
    const again = await new Response(sent?.body as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': sent?.headers.get('content-type') ?? '' },
    }).formData()
    expect(again.get('model')).toBe('whisper-1')
    expect(again.get('language')).toBe('en')
    expect(new Uint8Array(await (again.get('file') as File).arrayBuffer())).toEqual(sound)
  })

  // Readers of forms differ in which of two fields counts, so a second model would go past the key.
  const FORMS: [what: string, type: string, body: string][] = [
    ['the same field', 'boundary=B', part('name="model"', 'voice') + part('name="model"', 'big')],
    ['another case', 'boundary=B', part('name="model"', 'voice') + part('Name=model', 'big')],
    ['a language', 'boundary=B', part('name="model"', 'voice') + part("name*=utf-8''model", 'big')],
    [
      'bare line feeds',
      'boundary=B',
      part('name="model"', 'voice') + part('name="model"', 'big').replaceAll('\r\n', '\n'),
    ],
    [
      'after the end',
      'boundary=B',
      `${part('name="model"', 'voice')}--B--\r\n${part('name="model"', 'big')}`,
    ],
    [
      'no end',
      'boundary=B',
      part('name="model"', 'voice') + part('name="model"', 'big').slice(0, -2),
    ],
    ['two boundaries', 'boundary=B; boundary=C', part('name="model"', 'voice')],
  ]
  test.each(FORMS)('a form that names two models is refused: %s', async (_, type, body) => {
    const gateway = renewedGateway(ROUTES, () => Response.json({ text: 'hello' }))
    const response = await gateway.call('/v1/audio/transcriptions', {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; ${type}` },
      body: `${body}--B--\r\n`,
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('model: ')
    expect(gateway.received).toHaveLength(0)
  })

  test('bytes of any kind come back as they are', async () => {
    const sound = new Uint8Array(5_000).map((_, at) => at % 256)
    const gateway = renewedGateway(
      ROUTES,
      () => new Response(sound, { headers: { 'content-type': 'audio/mpeg' } }),
    )
    const response = await gateway.call('/v1/audio/speech', {
      json: { model: 'voice', input: 'hello', voice: 'x' },
    })
    expect(response.headers.get('content-type')).toBe('audio/mpeg')
    expect(await response.bytes()).toEqual(sound)
  })

  test('streams too', async () => {
    const events = ['event: a\ndata: {"x":1}\n\n', 'event: b\ndata: {"y":2}\n\n']
    const gateway = renewedGateway(ROUTES, () => streamOf(events))
    const response = await gateway.call('/v1/images/generations', {
      json: { model: 'painter', prompt: 'a field', stream: true },
    })
    expect(await response.text()).toBe(events.join(''))
    expect(gateway.received[0]?.path).toBe('/v1/images/generations')
  })

  test('a provider that has no such thing', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json({}))
    const response = await gateway.call('/v1/embeddings', { json: { model: 'talker', input: 'x' } })
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('claude has no /v1/embeddings')
    expect(gateway.received).toHaveLength(0)
  })

  test('no model', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json({}))
    const form = new FormData()
    form.set('file', new File(['x'], 'a.wav'))
    for (const init of [{ json: { input: 'x' } }, { method: 'POST', body: form }]) {
      const response = await gateway.call('/v1/audio/transcriptions', init)
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('model: field required')
    }
  })
})

function part(named: string, value: string): string {
  return `--B\r\nContent-Disposition: form-data; ${named}\r\n\r\n${value}\r\n`
}
