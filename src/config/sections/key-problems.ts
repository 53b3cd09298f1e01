/** What is wrong with a key as it is written, and what to write instead. */
export type KeyProblem = { message: string; hint: string }

const SHELL = /^\$([A-Za-z_]\w*)$/
/** `%NAME%`, `$(…)`, `{{ NAME }}`, `os.environ/NAME`, `env:NAME`, `process.env.NAME`. */
const ELSEWHERE =
  /^(?:%[A-Za-z_]\w*%|\$\([^)]*\)|\{\{[^}]*\}\}|os\.environ\/\w+|env:\w+|process\.env\.\w+)$/i

/** A variable as other languages write it: here it would be the key itself, which is easy to guess. */
export function variableProblem(key: string): KeyProblem | undefined {
  const name = SHELL.exec(key.trim())?.[1]
  if (name !== undefined)
    return { message: `"$${name}" is no variable here`, hint: `write "\${${name}}"` }
  return ELSEWHERE.test(key.trim())
    ? { message: 'this is no variable here', hint: 'a variable is written "${NAME}"' }
    : undefined
}

/** Keys that stand in documents and example files of gateways, where all can read them. */
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
