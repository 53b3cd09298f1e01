/** One server-sent event as a client gets it. */
export type Frame = { event?: string; data: string }

/**
 * The frames of a whole event stream. Read here on its own, so that the tests do not judge the
 * gateway's reading by itself.
 */
export function framesOf(sse: string): Frame[] {
  return sse
    .replace(/^\uFEFF/, '')
    .split(/(?:\r\n|\r|\n){2,}/)
    .flatMap(frameOf)
}

function frameOf(block: string): Frame[] {
  const lines = block.split(/\r\n|\r|\n/)
  const data = valuesOf(lines, 'data')
  // Comments and bare event names reach no client.
  if (data.length === 0) return []
  const event = valuesOf(lines, 'event').at(-1)
  return [{ ...(event === undefined ? {} : { event }), data: data.join('\n') }]
}

function valuesOf(lines: string[], field: string): string[] {
  return lines
    .filter(line => line.startsWith(`${field}:`))
    .map(line => line.slice(field.length + 1).replace(/^ /, ''))
}
