/** A text field of a form: its value and where that stands in the body. */
type FormField = { value: string; at: readonly [start: number, end: number] }

/**
 * The text fields of that name in a `multipart/form-data` body, in order; none where the body is not
 * of this form. Whatever a lenient reader might take for such a field is one (bare line feeds, any
 * spelling of `name`, text after the last delimiter), so that a caller who wants one field
 * alone can refuse a body that others read differently.
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
export function multipartFields(
  body: Uint8Array,
  contentType: string,
  name: string,
): readonly FormField[] {
  const mark = boundaryOf(contentType)
  if (!mark) return []
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const delimiter = `--${mark}`
  const fields: FormField[] = []
  let from = bytes.indexOf(delimiter)
  while (from !== -1) {
    const head = from + delimiter.length
    const next = bytes.indexOf(delimiter, head)
    const field = fieldIn(bytes, head, next === -1 ? bytes.length : next, name)
    if (field) fields.push(field)
    from = next
  }
  return fields
}

/** Undefined as well where two boundaries are given: readers differ in which one counts. */
function boundaryOf(contentType: string): string | undefined {
  const [boundary, another] = [...contentType.matchAll(/boundary=(?:"([^"]+)"|([^;\s]+))/gi)]
  return another ? undefined : (boundary?.[1] ?? boundary?.[2])
}

/** The field between two delimiters, if it has that name. */
function fieldIn(bytes: Buffer, head: number, end: number, name: string): FormField | undefined {
  const part = bytes.subarray(head, end)
  const blanks = ['\r\n\r\n', '\n\n'].map(blank => ({
    at: part.indexOf(blank),
    size: blank.length,
  }))
  const [blank] = blanks.filter(({ at }) => at !== -1).sort((a, b) => a.at - b.at)
  if (!blank || !isField(part.toString('utf8', 0, blank.at), name)) return undefined
  const line = part.subarray(-2).toString('latin1') === '\r\n' ? 2 : part.at(-1) === 10 ? 1 : 0
  const at = [
    head + blank.at + blank.size,
    Math.max(end - line, head + blank.at + blank.size),
  ] as const
  return { value: bytes.toString('utf8', ...at), at }
}

function isField(head: string, name: string): boolean {
  const disposition = /^content-disposition\s*:\s*form-data\s*;([\s\S]*)$/im.exec(head)?.[1] ?? ''
  return new RegExp(
    `(^|[;\\s])name\\*?\\s*=\\s*(?:[\\w-]*'[\\w-]*')?"?${name}"?\\s*(;|$)`,
    'im',
  ).test(disposition)
}
