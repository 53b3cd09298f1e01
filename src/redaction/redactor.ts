/** What stands where a secret stood. */
export const REDACTED = '[redacted]'

/** A shorter one may be any word. */
const MIN_LENGTH = 8

export type Redactor = {
  /** The text without the secrets. */
  (text: string): string
  /** Length of the longest of them in any spelling: how much of a cut one may stand at an end. */
  readonly longest: number
  /** One that knows further secrets, so that a text is gone through only once. */
  and(more: Iterable<string>): Redactor
}

/** Replaces secrets by value, also as JSON and URLs spell them. As fast for a thousand as for one. */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const spelled = new Set<string>()
  for (const secret of secrets)
    if (secret.length >= MIN_LENGTH) for (const spelling of spellings(secret)) spelled.add(spelling)
  // The longest first: a secret may begin with another one.
  const longestFirst = [...spelled].sort((a, b) => b.length - a.length)
  const byBeginning = Map.groupBy(longestFirst, secret => secret.slice(0, MIN_LENGTH))
  const marks = new Uint8Array(1 << 16)
  for (const beginning of byBeginning.keys()) marks[markAt(beginning, 0)] = 1

  function secretAt(text: string, at: number): string | undefined {
    if (marks[markAt(text, at)] === 0) return undefined
    const candidates = byBeginning.get(text.slice(at, at + MIN_LENGTH))
    return candidates?.find(secret => text.startsWith(secret, at))
  }

  const redact = (text: string): string => {
    if (spelled.size === 0) return text
    let clean = ''
    let from = 0
    for (let at = 0; at <= text.length - MIN_LENGTH; at++) {
      const secret = secretAt(text, at)
      if (secret === undefined) continue
      clean += text.slice(from, at) + REDACTED
      from = at + secret.length
      at = from - 1
    }
    return from === 0 ? text : clean + text.slice(from)
  }
  return Object.assign(redact, {
    longest: longestFirst[0]?.length ?? 0,
    and: (more: Iterable<string>) => createRedactor([...spelled, ...more]),
  })
}

function spellings(secret: string): string[] {
  const quoted = inJson(secret)
  return [secret, quoted, inJson(quoted), encodeURIComponent(secret)]
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** A few of the characters from here on as one number: tells most places apart at a glance. */
function markAt(text: string, at: number): number {
  const hash =
    text.charCodeAt(at) * 0x9e5 + text.charCodeAt(at + 3) * 0x61 + text.charCodeAt(at + 7)
  return hash & 0xffff
}

/** Something whose secrets change while it is in use: an account, with its access token. */
export type SecretHolder = {
  /** Current at the moment of asking. */
  secrets(): readonly string[]
}

/** Replaced tokens that are remembered: requests with them may still be on their way. */
const MAX_REMEMBERED = 1000

/**
 * Asks the holders each time it is used, and builds a redactor anew only when one of them has a
 * secret that it has not had before. A secret that was replaced is still taken out.
 */
export function createLiveRedactor(
  secrets: Iterable<string>,
  holders: () => Iterable<SecretHolder>,
): Redactor {
  const fixed = [...secrets]
  const seen = new Set<string>()
  let redactor = createRedactor(fixed)

  function hasNewSecret(): boolean {
    const before = seen.size
    for (const holder of holders()) for (const secret of holder.secrets()) seen.add(secret)
    return seen.size > before
  }

  function current(): Redactor {
    if (!hasNewSecret()) return redactor
    const inUse = new Set([...holders()].flatMap(holder => holder.secrets()))
    // The oldest go first.
    for (const secret of seen) {
      if (seen.size <= MAX_REMEMBERED) break
      if (!inUse.has(secret)) seen.delete(secret)
    }
    redactor = createRedactor([...fixed, ...seen])
    return redactor
  }

  const redact = (text: string): string => current()(text)
  Object.defineProperty(redact, 'longest', { get: () => current().longest })
  return Object.assign(redact as Redactor, {
    and: (more: Iterable<string>) => current().and(more),
  })
}

/**
 * An upstream's text without our credential's secrets: some repeat the key that they refuse. The
 * very same text where none is in it.
 */
export function redactCredential(secrets: readonly string[], text: string): string {
  return secrets
    .filter(secret => secret.length >= MIN_LENGTH && text.includes(secret))
    .reduce((clean, secret) => clean.replaceAll(secret, '[credential]'), text)
}
