import type { Path } from '../lib/path.ts'

/** What is taken for a secret: rather one too many, since nothing is lost by hiding it. */

/** Members whose value is one, whatever it looks like. */
const SECRET_NAME =
  /(?:^|[-_.])(?:secret|secret[-_]?key|private[-_]?key|password|passwd|token|api[-_]?key|authorization|cookie|credential)$/i

/** Lists of keys, each a text or a mapping with a `key`. */
const KEY_LISTS = new Set(['keys', 'api-keys'])

/** Whether a place of routes.yaml, or of something like it, holds a secret. */
export function isSecretPlace(path: Path): boolean {
  const last = path.at(-1)
  const [holder, list] = [path.at(-2), path.at(-3)]
  if (typeof last === 'number') return typeof holder === 'string' && KEY_LISTS.has(holder)
  if (last === undefined) return false
  if (KEY_LISTS.has(last)) return true
  if (holder === 'headers') return true
  if (last === 'key' && typeof holder === 'number')
    return typeof list === 'string' && KEY_LISTS.has(list)
  return SECRET_NAME.test(last)
}

const REFERENCES = /\$\{(?:file:[^}]+|[A-Za-z_]\w*(?::-)?)\}|^\$[\w-]+$/g

/** Whether a value only points at a secret: `${NAME}`, `Bearer ${NAME}`, the client's own header. */
export function isReference(value: string): boolean {
  return /^(?:bearer|basic|token)?$/i.test(value.replace(REFERENCES, '').trim())
}

// Each begins where only one match can begin, or is bounded: long texts are read once.
const ADDRESS_WITH_PASSWORD = /[a-z][\w+.-]{0,30}:\/\/[^\s/?#]*@/i
const PARAMETER = /[?&]([\w-]+)=(?=[^&\s])/g
const KEY_PARAMETER = /key|token|secret|password|sig|code/i
const KNOWN_KEYS =
  /(?:\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|glpat|github_pat)[-_][\w-]{8,}|\bAIza[\w-]{8,}|\bAKIA\w{8,}|\bya29\.[\w-]{8,}|\beyJ[\w-]{8,}|\bsha256:[0-9a-f]{16,}|\$2[abxy]\$\d\d\$|-----BEGIN )/i

/** Whether a value is one wherever it stands. */
export function looksSecret(value: string): boolean {
  return KNOWN_KEYS.test(value) || ADDRESS_WITH_PASSWORD.test(value) || hasKeyParameter(value)
}

function hasKeyParameter(value: string): boolean {
  return value.matchAll(PARAMETER).some(([, name = '']) => KEY_PARAMETER.test(name))
}

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i

/** Whether a word of a remark may be one: long, and letters and digits mixed as in no word. */
export function looksRandom(word: string): boolean {
  return (
    UUID.test(word) ||
    word.split(/[^A-Za-z0-9]+/).some(part => {
      return part.length >= 12 && /\d/.test(part) && /[A-Za-z]/.test(part)
    })
  )
}

/** A sentence with a quotation from the file, in which a key may stand where a name belongs. */
export function redactSentence(sentence: string): string {
  return sentence.replace(/[^\s"'(),]+/g, word => (looksSecret(word) ? '(a secret)' : word))
}
