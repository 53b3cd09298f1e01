/** Undefined: the URL has no query. */
export function queryOf({ url }: Request): URLSearchParams | undefined {
  const at = url.indexOf('?')
  return at === -1 ? undefined : new URLSearchParams(url.slice(at + 1))
}

export function newRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll('-', '')}`
}

/** A part of a path as text; as it is where it is not escaped properly. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
