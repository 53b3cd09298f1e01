/** What a thrown value has to show, whatever it is. */

/** Its message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Its code, such as `ENOENT` or `SQLITE_BUSY`; undefined: it has none that is a text. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
