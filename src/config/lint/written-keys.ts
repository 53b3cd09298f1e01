/** What is wrong with a key as it is written, and what to write instead. */
export type KeyProblem = { message: string; hint: string }

const SHELL = /^\$([A-Za-z_]\w*)$/
/** `%NAME%`, `$(…)`, `{{ NAME }}`, `os.environ/NAME`, `env:NAME`, `process.env.NAME`. */
const ELSEWHERE =
  /^(?:%[A-Za-z_]\w*%|\$\([^)]*\)|\{\{[^}]*\}\}|os\.environ\/\w+|env:\w+|process\.env\.\w+)$/i

/** A variable as other languages write it: here it would be the key itself, which anybody can guess. */
export function variableProblem(key: string): KeyProblem | undefined {
  const name = SHELL.exec(key.trim())?.[1]
  if (name !== undefined)
    return { message: `"$${name}" is no variable here`, hint: `write "\${${name}}"` }
  return ELSEWHERE.test(key.trim())
    ? { message: 'this is no variable here', hint: 'a variable is written "${NAME}"' }
    : undefined
}
