import { createHash, timingSafeEqual } from 'node:crypto'
import { isHash } from '../../lib/key-hash.ts'

/** Compares a presented key with a secret as routes.yaml has it. */
export type Matches = (presented: string, secret: string) => Promise<boolean>

/** In constant time for the secret itself and its hash; bcrypt is slow on purpose. */
export function createMatches(): Matches {
  // What bcrypt has confirmed: verifying takes a good part of a second, and a page asks often.
  let proven: { secret: string; digest: Buffer } | undefined

  return async (presented, secret) => {
    const digest = digestOf(presented)
    if (isHash(secret))
      return timingSafeEqual(digest, Buffer.from(secret.slice('sha256:'.length), 'hex'))
    if (!isBcrypt(secret)) return timingSafeEqual(digest, digestOf(secret))
    if (proven?.secret === secret) {
      if (timingSafeEqual(digest, proven.digest)) return true
    }
    const right = await Bun.password.verify(presented, secret, 'bcrypt').catch(() => false)
    if (right) proven = { secret, digest }
    return right
  }
}

function isBcrypt(secret: string): boolean {
  return /^\$2[abxy]?\$/.test(secret)
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
