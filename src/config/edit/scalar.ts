export type Quotes = 'plain' | 'single' | 'double'

/** Words and numbers that a reader of YAML 1.1 or 1.2 would not take for texts. */
const NO_TEXT = /^(?:true|false|yes|no|on|off|y|n|null|nan|inf)$/i
const PLAIN = /^[A-Za-z_/][\w./@+()-]*$/
/** Durations, sizes and counts. */
const MEASURE = /^\d+(?:\.\d+)?[A-Za-z]{1,3}$/
const EXPONENT = /^\d+(?:\.\d+)?e$/i

/**
 * A scalar on one line, good in block and flow style alike. A text is put in double quotes unless
 * it is plainly a word, or `quotes` asks for others.
 */
export function scalarText(value: string | number | boolean | null, quotes?: Quotes): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  // JSON's escapes are all YAML's too.
  if (quotes === 'single' && /^[\x20-\x7e]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`
  const plain = PLAIN.test(value) ? !NO_TEXT.test(value) : isMeasure(value)
  return plain && quotes !== 'double' ? value : JSON.stringify(value)
}

function isMeasure(value: string): boolean {
  return MEASURE.test(value) && !EXPONENT.test(value)
}
