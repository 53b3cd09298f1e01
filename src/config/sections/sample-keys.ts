/** Keys that stand in documents and example files of gateways: anybody knows them. */
const SAMPLE_KEYS = new Set([
  'secret',
  'password',
  'api-key',
  'my-api-key',
  'my-secret-key',
  'master-key',
  'test-key',
])

/** `your-api-key-1`, `sk-your-openai-key-here`, `sk-1234`, `sk-xxx`, `changeme`, `<your key>`. */
const SAMPLE_PATTERNS = [
  /^(?:sk-)?your[-_].{0,60}key(?:[-_].{0,20})?$/,
  /^(?:sk-)?1234\d{0,8}$/,
  /^(?:sk-(?:ant-)?)?x{3,60}$/,
  /^(?:sk-)?change[-_]?me.{0,20}$/,
  /^<.{1,60}>$/,
]

export function isSampleKey(key: string): boolean {
  const lower = key.toLowerCase()
  return SAMPLE_KEYS.has(lower) || SAMPLE_PATTERNS.some(pattern => pattern.test(lower))
}
