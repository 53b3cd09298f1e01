/** Loose JSON: requests are read here that may be wrong in any way. */
export type Json = { [member: string]: unknown }

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const record = (value: unknown): Json => (isRecord(value) ? value : {})
export const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isRecord) : [])
export const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'string') : []

/** The first member that `known` does not name. */
export const stranger = (value: Json, known: string): string | undefined =>
  Object.keys(value).find(key => !known.split(' ').includes(key))

/** Opaque and fresh: nothing can guess it, so whoever shows it was given it. */
export function random(length = 24): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  return [...crypto.getRandomValues(new Uint8Array(length))]
    .map(byte => alphabet[byte % alphabet.length])
    .join('')
}

/** A seal as services write them: base64, some hundred characters, padded. */
export const seal = (): string => btoa(random(128))
