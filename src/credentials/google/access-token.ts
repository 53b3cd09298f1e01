import { createSign } from 'node:crypto'
import { GatewayError } from '../../lib/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { type After, after as realAfter } from '../../lib/timer.ts'
import { unlessAborted } from '../../lib/unless-aborted.ts'
import type { HttpTransport } from '../../providers/transport.ts'
import type { AccountKey } from './key-file.ts'

/** Access tokens of service accounts: fetched once, used until shortly before they end. */
export interface Tokens {
  /**
   * Throws `upstream-auth` where the account is refused, `upstream-failed` where its token endpoint
   * cannot be reached, and the signal's reason once that is aborted.
   */
  tokenFor(account: AccountKey, options: { proxy?: string; signal: AbortSignal }): Promise<string>
  /** The upstream refused this token: it is not used again. */
  drop(account: AccountKey, token: string): void
  /**
   * The present token and the one before, which replies under way may repeat. The same array until
   * there is another token.
   */
  issued(account: AccountKey): readonly string[]
}

/** `untilMs`: when it ends; 0: it was refused. */
type Held = { token: string; untilMs: number; issued: readonly string[] }

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const LIFETIME_SECONDS = 3_600
const EARLY_MS = 300_000
/** For one fetch of a token: several requests may wait for it, and none of their limits is its own. */
const TIMEOUT_MS = 30_000
const NONE: readonly string[] = []

export type TokensOptions = { now(): number; transport: HttpTransport; after?: After }

/** Outlives reloads: accounts are known by their keys. */
export function createTokens({ now, transport, after = realAfter }: TokensOptions): Tokens {
  const held = new Map<string, Held>()
  const fetching = new Map<string, Promise<string>>()

  async function fetchToken(account: AccountKey, proxy: string | undefined): Promise<string> {
    const limit = new AbortController()
    const stop = after(TIMEOUT_MS, () => limit.abort())
    try {
      const reply = await post(account, proxy, limit.signal)
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
      keep(account, body.access_token, now() + seconds * 1000)
      return body.access_token
    } finally {
      stop()
    }
  }

  function keep(account: AccountKey, token: string, untilMs: number): void {
    const before = held.get(keyOf(account))?.token
    // Accounts come and go with reloads: the tokens of those that went end unused.
    for (const [key, { untilMs }] of held) if (untilMs <= now()) held.delete(key)
    const issued = before === undefined || before === token ? [token] : [token, before]
    held.set(keyOf(account), { token, untilMs, issued })
  }

  async function post(account: AccountKey, proxy: string | undefined, signal: AbortSignal) {
    const body = new TextEncoder().encode(
      new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: signed(account, Math.floor(now() / 1000)),
      }).toString(),
    )
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
    const request = { method: 'POST', url: account.tokenUrl, headers, body, proxy } as const
    try {
      return await transport.send({ ...request, connectMs: 0 }, signal)
    } catch (error) {
      throw new GatewayError(
        'upstream-failed',
        `${new URL(account.tokenUrl).host} could not be reached for an access token of ${account.email}`,
        { cause: error },
      )
    }
  }

  return {
    async tokenFor(account, { proxy, signal }) {
      const key = keyOf(account)
      const known = held.get(key)
      if (known && known.untilMs - EARLY_MS > now()) return known.token
      let running = fetching.get(key)
      if (!running) {
        running = fetchToken(account, proxy).finally(() => fetching.delete(key))
        fetching.set(key, running)
      }
      return unlessAborted(running, signal)
    },
    drop(account, token) {
      const known = held.get(keyOf(account))
      if (known?.token === token) known.untilMs = 0
    },
    issued: account => held.get(keyOf(account))?.issued ?? NONE,
  }
}

function keyOf({ email, keyId, privateKey }: AccountKey): string {
  return `${email}\t${keyId ?? ''}\t${privateKey}`
}

/** A JWT as Google wants it. */
function signed(account: AccountKey, atSeconds: number): string {
  const header = { alg: 'RS256', typ: 'JWT', kid: account.keyId }
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
