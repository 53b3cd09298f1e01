type Dotenv = {
  values: Record<string, string>
  /** Lines that are no entry; counted from 1. */
  broken: number[]
}

/** One entry, or a comment, an empty line or something else, up to its end of line. */
const NAME = /^[ \t]*(?:export[ \t]+)?(?:'([^'\n]+)'|([^\s=#'"][^\s=#]*))[ \t]*/
const SINGLE = /^'((?:[^'\\]|\\[\s\S])*)'/
const DOUBLE = /^"((?:[^"\\]|\\[\s\S])*)"/
const REST = /^[ \t]*(?:#[^\n]*)?(?:\n|$)/

/**
 * `KEY=value` lines as python-dotenv reads them: `export`, quotes (over several lines too), comments
 * after a space, `${OTHER}` and `${OTHER:-default}`. What is not given in the file stays `${OTHER}`.
 */
export function parseDotenv(text: string): Dotenv {
  const values: Record<string, string> = {}
  const broken: number[] = []
  let left = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  let line = 1
  while (left !== '') {
    const entry = readEntry(left)
    if (entry.name !== undefined) values[entry.name] = filledIn(entry.value, values)
    else if (!entry.empty) broken.push(line)
    line += left.slice(0, entry.length).split('\n').length - 1
    left = left.slice(entry.length)
  }
  return { values, broken }
}

type Entry =
  | { name: string; value: string; length: number }
  | { name?: undefined; empty: boolean; length: number }

function readEntry(text: string): Entry {
  const blank = REST.exec(text)
  if (blank) return { empty: true, length: blank[0].length }
  const wholeLine = /^[^\n]*(?:\n|$)/.exec(text)?.[0].length ?? text.length
  const broken = { empty: false, length: wholeLine }
  const named = NAME.exec(text)
  const name = named?.[1] ?? named?.[2]
  const after = text.slice(named?.[0].length ?? 0)
  // A name without a value sets nothing, which is no mistake.
  if (name !== undefined && REST.test(after)) return { empty: true, length: wholeLine }
  if (name === undefined || !after.startsWith('=')) return broken
  const start = text.length - after.length + 1 + (/^[ \t]*/.exec(after.slice(1))?.[0].length ?? 0)
  const value = readValue(text.slice(start))
  return value ? { name, value: value.text, length: start + value.length } : broken
}

function readValue(text: string): { text: string; length: number } | undefined {
  for (const [quoted, decode] of [
    [SINGLE.exec(text), single],
    [DOUBLE.exec(text), double],
  ] as const) {
    if (!quoted) continue
    const rest = REST.exec(text.slice(quoted[0].length))
    return rest
      ? { text: decode(quoted[1] ?? ''), length: quoted[0].length + rest[0].length }
      : undefined
  }
  if (/^['"]/.test(text)) return undefined
  const line = /^[^\n]*(?:\n|$)/.exec(text)?.[0] ?? ''
  return { text: line.replace(/(^|\s+)#.*/, '').trim(), length: line.length }
}

function single(written: string): string {
  return written.replace(/\\([\\'])/g, '$1')
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  v: '\v',
  b: '\b',
  a: '\x07',
}

function double(written: string): string {
  return written.replace(/\\([\\'"abfnrtv])/g, (_, mark: string) => ESCAPES[mark] ?? mark)
}

function filledIn(written: string, values: Readonly<Record<string, string>>): string {
  return written.replace(
    /\$\{([^}:]+)(?::-([^}]*))?\}/g,
    (reference, name: string) => values[name] ?? reference,
  )
}
