import { isHash, keyHash, looksLikeHash } from '../../lib/key-hash.ts'
import type { ApiKey } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Document } from '../schema/routes.ts'
import { parseCount, parseMoney } from '../schema/units.ts'
import { isSampleKey, variableProblem } from './key-problems.ts'

export function readApiKeys(document: Document, report: Report): ApiKey[] {
  const keys: ApiKey[] = []
  const names = new Set<string>()
  const hashes = new Set<string>()
  for (const [index, entry] of (document['api-keys'] ?? []).entries()) {
    const read: ApiKey =
      typeof entry === 'string' ? { name: keyName(index), key: entry } : keyOf(entry)
    const { name, key } = read
    const path = ['api-keys', index]
    if (isSampleKey(key))
      report.error(
        path,
        'this is a sample key, which is public',
        'make one of your own: openssl rand -hex 24',
      )
    const variable = variableProblem(key)
    if (variable) report.error(path, variable.message, variable.hint)
    else if (key !== key.trim())
      report.error(
        path,
        'the key begins or ends with a blank, which no client can send',
        'take it out',
      )
    if (looksLikeHash(key) && !isHash(key))
      report.error(
        path,
        'this is no SHA-256 hash of a key',
        'write sha256: and 64 hex digits, or let "jackfield key NAME" make a key',
      )
    if (names.has(name))
      report.error(path, `the name "${name}" is used twice`, 'give each key a name of its own')
    if (hashes.has(keyHash(key))) report.error(path, 'this key stands here twice', 'take one out')
    names.add(name)
    hashes.add(keyHash(key))
    keys.push({ ...read, at: report.at(path) })
  }
  return keys
}

/** How callers are called in conditions: by their API keys' names; `local` where there are no keys. */
export function callerNames({ 'api-keys': keys = [] }: Document): ReadonlySet<string> {
  if (keys.length === 0) return new Set(['local'])
  return new Set(keys.map((key, index) => (typeof key === 'string' ? keyName(index) : key.name)))
}

/** What a key is called that has no name of its own. */
function keyName(index: number): string {
  return `key-${index + 1}`
}

type ApiKeyEntry = Exclude<NonNullable<Document['api-keys']>[number], string>

function keyOf({ name, key, models, limits }: ApiKeyEntry): ApiKey {
  const requestsPerMinute = limits?.['requests-per-minute']
  const tokensPerDay = parseCount(limits?.['tokens-per-day'])
  const usdPerDay = parseMoney(limits?.['cost-per-day'])
  return {
    name,
    key,
    models,
    limits: limits && {
      requestsPerMinute,
      tokensPerDay,
      usdPerDay,
      unknownPrice: limits['unknown-price'] === 'allow' ? 'allow' : undefined,
    },
  }
}
