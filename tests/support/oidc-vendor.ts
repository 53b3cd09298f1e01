import { createHash } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OAuthSettings, OAuthVendor } from '../../src/credentials/oauth/vendor.ts'

/** What is used of the package `oidc-provider`. */
type Module = {
  Provider: new (issuer: string, configuration: object) => { callback(): RequestListener }
}

const PACKAGE = 'oidc-provider'

async function loadModule(): Promise<Module> {
  return import(PACKAGE).catch(error => {
    throw new Error(`${PACKAGE} is not installed; run "bun install" (${error})`)
  })
}

/** One request to the vendor's token or device endpoint, as it came. */
export type Asked = {
  path: string
  contentType: string
  userAgent: string
  /** As Kimi wants it. */
  deviceId: string | null
  members: Record<string, string>
}

export type OidcVendor = {
  /** What routes.yaml says under `oauth` so that this vendor is asked. */
  settings: Required<Pick<OAuthSettings, 'authorizeUrl' | 'tokenUrl' | 'deviceUrl'>> &
    Pick<OAuthSettings, 'clientSecret'>
  asked: readonly Asked[]
  /** Stands in place of the next replies of the token and device endpoints. */
  answerWith(answer: ((asked: Asked) => Response | undefined) | undefined): void
  close(): void
}

/**
 * A real OpenID provider on loopback, set up as a vendor behaves: its client id and scopes, PKCE
 * where it wants that, refresh tokens that are taken once. In front of it stands what vendors have
 * of their own: JSON token bodies, a state that is checked at the exchange, PKCE of the device flow,
 * members of the token reply.
 */
export async function oidcVendor(vendor: OAuthVendor, extra: object = {}): Promise<OidcVendor> {
  const { Provider } = await loadModule()
  const server = createServer()
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', () => listening()))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.on('request', new Provider(issuer, configurationFor(vendor)).callback())
  const asked: Asked[] = []
  let answer: ((asked: Asked) => Response | undefined) | undefined
  const challenges = new Map<string, string>()
  const front = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const path = new URL(request.url).pathname
      const received = await readAsked(path, request)
      asked.push(received)
      const instead = answer?.(received) ?? refusalOf(vendor, received, challenges)
      if (instead) return instead
      const inner = path === '/token' ? '/token' : '/device/auth'
      const body = new URLSearchParams(received.members)
      // A vendor that is asked for no scope grants its own.
      if (path === '/device' && !body.has('scope')) body.set('scope', 'openid')
      const reply = await fetch(issuer + inner, { method: 'POST', body })
      const members = await reply.json()
      if (path === '/device')
        challenges.set(members.device_code, received.members.code_challenge ?? '')
      const more = path === '/token' && reply.ok ? extra : {}
      return Response.json({ ...members, ...more }, { status: reply.status })
    },
  })
  const at = (path: string): string => `http://127.0.0.1:${front.port}${path}`
  return {
    settings: {
      authorizeUrl: `${issuer}/auth`,
      tokenUrl: at('/token'),
      deviceUrl: at('/device'),
      clientSecret: secretOf(vendor),
    },
    asked,
    answerWith: next => {
      answer = next
    },
    close() {
      void front.stop(true)
      server.closeAllConnections()
      server.close()
    },
  }
}

async function readAsked(path: string, request: Request): Promise<Asked> {
  const contentType = request.headers.get('content-type') ?? ''
  const userAgent = request.headers.get('user-agent') ?? ''
  const deviceId = request.headers.get('x-msh-device-id')
  const body = await request.text()
  const members = contentType.includes('json')
    ? JSON.parse(body)
    : Object.fromEntries(new URLSearchParams(body))
  return { path, contentType, userAgent, deviceId, members }
}

/** What the vendor refuses and an OpenID provider does not look at. */
function refusalOf(
  { tokenBody, browser, device }: OAuthVendor,
  { path, contentType, members }: Asked,
  challenges: ReadonlyMap<string, string>,
): Response | undefined {
  const refuse = (why: string): Response =>
    Response.json({ error: 'invalid_request', error_description: why }, { status: 400 })
  if (path === '/token' && contentType.includes('json') !== (tokenBody === 'json'))
    return refuse(`a ${tokenBody} body is wanted`)
  if (browser?.stateInExchange && members.grant_type === 'authorization_code' && !members.state)
    return refuse('the state is missing')
  if (!device?.verifierBytes || members.device_code === undefined) return undefined
  const challenge = createHash('sha256')
    .update(members.code_verifier ?? '')
    .digest('base64url')
  return challenges.get(members.device_code) === challenge ? undefined : refuse('wrong verifier')
}

/** Of vendors that want one; none is shipped. */
function secretOf({ clientAuthentication }: OAuthVendor): string | undefined {
  return clientAuthentication === 'none' ? undefined : 'secret-of-the-client'
}

function configurationFor(vendor: OAuthVendor): object {
  const { clientId, scopes, browser, device } = vendor
  const redirects = browser
    ? [`http://localhost:${browser.redirectPort}${browser.redirectPath}`]
    : []
  const grants = [
    ...(browser ? ['authorization_code'] : []),
    ...(device ? ['urn:ietf:params:oauth:grant-type:device_code'] : []),
  ]
  return {
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: secretOf(vendor) ? 'client_secret_post' : 'none',
        client_secret: secretOf(vendor),
        application_type: 'native',
        grant_types: [...grants, 'refresh_token'],
        response_types: browser ? ['code'] : [],
        redirect_uris: redirects,
      },
    ],
    scopes: ['openid', 'offline_access', ...scopes],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // The e-mail belongs into the id token, as with vendors.
    conformIdTokenClaims: false,
    pkce: { required: () => browser?.pkce ?? false },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: 3600,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 3600,
      Session: 3600,
    },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true }),
    }),
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
  }
}
