import { describe, expect, test } from 'bun:test'
import { createVerify, generateKeyPairSync } from 'node:crypto'
import { createTokens } from '../../../src/credentials/google/access-token.ts'
import { readServiceAccount } from '../../../src/credentials/google/key-file.ts'
import type { HttpTransport } from '../../../src/providers/transport.ts'
import { localGateway } from '../../support/local-gateway.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

function keyFile(type: 'pkcs8' | 'pkcs1', more: object = {}): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'my-project',
    private_key_id: 'key-1',
    private_key: privateKey.export({ type, format: 'pem' }),
    client_email: 'svc@my-project.test',
    token_uri: 'https://oauth2.test/token',
    ...more,
  })
}

function account(type: 'pkcs8' | 'pkcs1' = 'pkcs8', more: object = {}) {
  const read = readServiceAccount(keyFile(type, more))
  if (!read) throw new Error('the key file was not read')
  return read
}

const WAITING = { signal: new AbortController().signal }

type Asked = { url: string; form: URLSearchParams }

function office(reply: () => Response) {
  const asked: Asked[] = []
  let now = Date.UTC(2026, 0, 1)
  const transport: HttpTransport = {
    async send({ url, body }) {
      asked.push({ url, form: new URLSearchParams(new TextDecoder().decode(body)) })
      return reply()
    },
  }
  const tokens = createTokens({ now: () => now, transport })
  const pass = (ms: number): void => {
    now += ms
  }
  return { tokens, asked, pass }
}

const granted = () => Response.json({ access_token: 'ya29.token', expires_in: 3_600 })

describe('a service account', () => {
  for (const type of ['pkcs8', 'pkcs1'] as const) {
    test(`signs for its token (${type})`, async () => {
      const { tokens, asked } = office(granted)
      expect(await tokens.tokenFor(account(type), WAITING)).toBe('ya29.token')
      const { url, form } = asked[0] as Asked
      expect(url).toBe('https://oauth2.test/token')
      expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
      const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
      const read = (part: string): object =>
        JSON.parse(Buffer.from(part, 'base64url').toString()) as object
      expect(read(head)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' })
      const at = Date.UTC(2026, 0, 1) / 1000
      expect(read(claims)).toEqual({
        iss: 'svc@my-project.test',
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        aud: 'https://oauth2.test/token',
        iat: at,
        exp: at + 3_600,
      })
      const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`)
      expect(verify.verify(publicKey, signature, 'base64url')).toBe(true)
    })
  }

  test('asks once for many, and again shortly before the end', async () => {
    const { tokens, asked, pass } = office(granted)
    await Promise.all([1, 2, 3].map(() => tokens.tokenFor(account(), WAITING)))
    expect(asked).toHaveLength(1)
    pass(54 * 60_000)
    await tokens.tokenFor(account(), WAITING)
    expect(asked).toHaveLength(1)
    pass(2 * 60_000)
    await tokens.tokenFor(account(), WAITING)
    expect(asked).toHaveLength(2)
  })

  test('that is refused says so, without its key', async () => {
    const { tokens } = office(() =>
      Response.json(
        { error: 'invalid_grant', error_description: 'account disabled' },
        { status: 400 },
      ),
    )
    const failure = await tokens.tokenFor(account(), WAITING).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'upstream-auth' })
    expect(String(failure)).toContain('account disabled')
    expect(String(failure)).not.toContain('PRIVATE')
  })

  test('with a spoilt key says what to do', async () => {
    const { tokens } = office(granted)
    const spoilt = {
      ...account(),
      privateKey: '-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n',
    }
    expect(tokens.tokenFor(spoilt, WAITING)).rejects.toThrow('download its key file again')
  })

  test('keeps its key whatever became of the line breaks', () => {
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    for (const spelled of [
      pem.replaceAll('\n', '\\n'),
      pem.replaceAll('\n', ' '),
      pem.replaceAll('\n', '\r\n'),
    ])
      expect(account('pkcs8', { private_key: spelled }).privateKey).toBe(pem)
  })

  test('may be wrapped as other gateways keep it', () => {
    const wrapped = {
      type: 'vertex',
      project_id: 'other',
      location: 'europe-west4',
      service_account: JSON.parse(keyFile('pkcs8')) as object,
    }
    expect(readServiceAccount(JSON.stringify(wrapped))).toMatchObject({
      project: 'other',
      location: 'europe-west4',
    })
    expect(readServiceAccount('AIza-just-a-key')).toBeUndefined()
  })
})

describe('Vertex AI', () => {
  const QUESTION = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }
  const reply = () =>
    Response.json({
      candidates: [{ content: { role: 'model', parts: [{ text: 'ok' }] }, finishReason: 'STOP' }],
    })
  const routes = (provider: string): string => `
version: 1
providers:
  vertex: { kind: vertex, keys: [ "\${KEY}" ]${provider} }
models: { fast: vertex/gemini-2.5-flash }
policy: { request-retry: 0 }
logging: { level: error }
`
  const asked = async (key: string, provider = '') => {
    const gateway = localGateway(routes(provider), reply, { KEY: key })
    const response = await gateway.call('/v1beta/models/fast:generateContent', { json: QUESTION })
    expect(response.status).toBe(200)
    return gateway.received[0]
  }

  test('with an API key', async () => {
    const sent = await asked('AIza-key')
    expect(sent?.url).toBe(
      'https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-flash:generateContent',
    )
    expect(sent?.headers.get('x-goog-api-key')).toBe('AIza-key')
  })

  test('with a service account, in its region', async () => {
    const sent = await asked(keyFile('pkcs8'))
    expect(sent?.url).toBe(
      'https://aiplatform.googleapis.com/v1/projects/my-project/locations/global/publishers/google/models/gemini-2.5-flash:generateContent',
    )
    expect(sent?.headers.get('authorization')).toBe('Bearer token-of-svc@my-project.test')
    expect(sent?.headers.get('x-goog-api-key')).toBeNull()
    const region = ', base-url: "https://europe-west4-aiplatform.googleapis.com"'
    expect((await asked(keyFile('pkcs8'), region))?.url).toStartWith(
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west4/',
    )
    expect((await asked(keyFile('pkcs8', { location: 'us-east5' })))?.url).toContain(
      'us-east5-aiplatform.googleapis.com',
    )
  })
})
