import { createHash, randomBytes } from 'node:crypto'

/** API keys as SHA-256: good for keys that are long and random, as those we make are. */

const SPELLED = /^sha256:([0-9a-f]{64})$/i

/** `sha256:` and 64 hex digits. */
export function hashOf(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** Whether a text is meant as a hash, be it a right one or not. */
export function looksLikeHash(text: string): boolean {
  return /^sha256:/i.test(text)
}

export function isHash(text: string): boolean {
  return SPELLED.test(text)
}

/** The hash by which a key is recognised; routes.yaml has the hash itself, or the key. */
export function keyHash(written: string): string {
  return isHash(written) ? written.toLowerCase() : hashOf(written)
}

/** 256 random bits, in letters that need no quoting anywhere. */
export function newKey(): string {
  return `jf-${randomBytes(32).toString('base64url')}`
}
