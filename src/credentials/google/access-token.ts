import { createSign } from 'node:crypto'
import { GatewayError } from '../../lib/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import type { AccountKey } from '../../providers/service-account.ts'

/** Access tokens of service accounts: asked for once, kept until shortly before they end. */
export interface Tokens {
  /** Throws `upstream-auth` where the account is refused, `upstream-failed` where nobody answers. */
  tokenFor(account: AccountKey): Promise<string>
}

type Held = { token: string; untilMs: number }

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const LIFETIME_SECONDS = 3_600
const EARLY_MS = 300_000

export function createTokens(options: { now(): number; fetch: typeof globalThis.fetch }): Tokens {
  const held = new Map<string, Held>()
  const asking = new Map<string, Promise<Held>>()

  async function ask(account: AccountKey): Promise<Held> {
    const reply = await post(account, options)
    const wire: unknown = await reply.json().catch(() => undefined)
    const body = isObject(wire) ? wire : {}
    if (!reply.ok || typeof body.access_token !== 'string') {
      const reason = body.error_description ?? body.error ?? `status ${reply.status}`
      throw new GatewayError(
        'upstream-auth',
        `the service account ${account.email} got no access token (${String(reason)}); check its key file and that the account is enabled`,
      )
    }
    const seconds = typeof body.expires_in === 'number' ? body.expires_in : LIFETIME_SECONDS
    return { token: body.access_token, untilMs: options.now() + seconds * 1000 }
  }

  return {
    async tokenFor(account) {
      const key = `${account.email}\t${account.keyId ?? ''}\t${account.privateKey}`
      const known = held.get(key)
      if (known && known.untilMs - EARLY_MS > options.now()) return known.token
      let running = asking.get(key)
      if (!running) {
        running = ask(account).finally(() => asking.delete(key))
        asking.set(key, running)
      }
      const fresh = await running
      // Accounts come and go; nobody asks for the tokens of those that went.
      for (const [one, { untilMs }] of held) if (untilMs <= options.now()) held.delete(one)
      held.set(key, fresh)
      return fresh.token
    },
  }
}

async function post(
  account: AccountKey,
  { now, fetch }: { now(): number; fetch: typeof globalThis.fetch },
): Promise<Response> {
  const assertion = signed(account, Math.floor(now() / 1000))
  try {
    return await fetch(account.tokenUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion,
      }).toString(),
    })
  } catch (error) {
    throw new GatewayError(
      'upstream-failed',
      `${new URL(account.tokenUrl).host} could not be reached for an access token of ${account.email}`,
      { cause: error },
    )
  }
}

/** A JWT as Google wants it. */
function signed(account: AccountKey, atSeconds: number): string {
  const header = { alg: 'RS256', typ: 'JWT', ...(account.keyId ? { kid: account.keyId } : {}) }
  const claims = {
    iss: account.email,
    scope: SCOPE,
    aud: account.tokenUrl,
    iat: atSeconds,
    exp: atSeconds + LIFETIME_SECONDS,
  }
  const head = `${encoded(header)}.${encoded(claims)}`
  try {
    return `${head}.${createSign('RSA-SHA256').update(head).sign(account.privateKey, 'base64url')}`
  } catch {
    throw new GatewayError(
      'upstream-auth',
      `the private key of the service account ${account.email} cannot be read; download its key file again`,
    )
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
