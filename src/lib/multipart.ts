/**
 * Where the value of a text field stands in a `multipart/form-data` body. Undefined: there is no
 * such field, or the body is not of this form.
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
export function multipartField(
  body: Uint8Array,
  contentType: string,
  name: string,
): { value: string; at: readonly [start: number, end: number] } | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const mark = boundary?.[1] ?? boundary?.[2]
  if (!mark) return undefined
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const delimiter = `--${mark}`
  let from = bytes.indexOf(delimiter)
  while (from !== -1) {
    const head = from + delimiter.length
    const blank = bytes.indexOf('\r\n\r\n', head)
    const next = bytes.indexOf(`\r\n${delimiter}`, head)
    if (blank === -1 || next === -1) return undefined
    if (blank < next && isField(bytes.toString('utf8', head, blank), name)) {
      const at = [blank + 4, next] as const
      return { value: bytes.toString('utf8', ...at), at }
    }
    from = next + 2
  }
  return undefined
}

function isField(head: string, name: string): boolean {
  const disposition = /^content-disposition:\s*form-data;(.*)$/im.exec(head)?.[1] ?? ''
  return (
    new RegExp(`(^|[;\\s])name="?${name}"?\\s*(;|$)`).test(disposition) &&
    !/filename/i.test(disposition)
  )
}
