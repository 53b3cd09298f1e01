import { mayNameSecret } from './names.ts'

/** What a secret looks like by its value, wherever it stands. */

const REFERENCES = /\$\{(?:file:[^}]+|[A-Za-z_]\w*(?::-)?)\}|^\$[\w-]+$/g

/** Whether a value only points at a secret: `${NAME}`, `Bearer ${NAME}`, the client's own header. */
export function isReference(value: string): boolean {
  return /^(?:bearer|basic|token)?$/i.test(value.replace(REFERENCES, '').trim())
}

// Each begins where only one match can begin, or is bounded: long texts are read once.
const ADDRESS_WITH_PASSWORD = /[a-z][\w+.-]{0,30}:\/\/[^\s/?#]*@/i
const PARAMETER = /[?&]([\w-]+)=(?=[^&\s])/g
const KNOWN_KEYS =
  /(?:\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|glpat|github_pat)[-_][\w-]{8,}|\bAIza[\w-]{8,}|\bAKIA\w{8,}|\bya29\.[\w-]{8,}|\beyJ[\w-]{8,}|\bsha256:[0-9a-f]{16,}|\$2[abxy]\$\d\d\$|-----BEGIN )/i

/** Whether a value is a secret wherever it stands. */
export function looksSecret(value: string): boolean {
  return KNOWN_KEYS.test(value) || ADDRESS_WITH_PASSWORD.test(value) || hasKeyParameter(value)
}

function hasKeyParameter(value: string): boolean {
  return value.matchAll(PARAMETER).some(([, name = '']) => mayNameSecret(name))
}

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i

/** Whether a word of a comment may be a secret: long, and letters and digits mixed as in no word. */
export function looksRandom(word: string): boolean {
  return (
    UUID.test(word) ||
    word.split(/[^A-Za-z0-9]+/).some(part => {
      return part.length >= 12 && /\d/.test(part) && /[A-Za-z]/.test(part)
    })
  )
}

/** Whether a diagnostic may quote a value that stands in a wrong place, where a key may have slipped in. */
export function isQuotable(value: string): boolean {
  return value.length <= 40 && !/[\w-]{20,}|^sk-/.test(value)
}
