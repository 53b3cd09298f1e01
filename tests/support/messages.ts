import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folders = ['config', 'routing'].map(name => join(import.meta.dir, '../../src', name))

/** How a complaint is made, and which of the arguments says what is wrong. */
const CALLS: readonly (readonly [call: RegExp, argument: number])[] = [
  [/\breport\.(?:error|warn)\(/g, 1],
  [/\bcomplain\(/g, 0],
]

/** Every message that is written out where src/config and src/routing complain, with anything for what is filled in. */
export function messagesInCode(): RegExp[] {
  const files = folders.flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      // Edits by API complain in their own words.
      .filter(name => name.endsWith('.ts') && !/^edit\/|report\.ts$/.test(name))
      .map(name => join(folder, name)),
  )
  const messages = files.flatMap(file => {
    const code = readFileSync(file, 'utf8')
    return CALLS.flatMap(([call, argument]) =>
      [...code.matchAll(call)].flatMap(({ index, 0: { length } }) =>
        literalsIn(argumentsFrom(code, index + length)[argument] ?? ''),
      ),
    )
  })
  return [...new Set(messages)].map(message => new RegExp(message))
}

/** The arguments of a call, as written; `from` is behind its bracket. */
function argumentsFrom(code: string, from: number): string[] {
  const found: string[] = []
  let begins = from
  for (let at = from; at < code.length; at++) {
    const end = skipped(code, at)
    if (end > at) {
      at = end
      continue
    }
    if (code[at] !== ',' && code[at] !== ')') continue
    found.push(code.slice(begins, at).trim())
    begins = at + 1
    if (code[at] === ')') return found
  }
  return found
}

const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' }

/** Where what begins here ends: a bracket, a quoted text, a template; the same place for all else. */
function skipped(code: string, from: number): number {
  const first = code[from] ?? ''
  const closing = CLOSING[first]
  if (!closing && !'\'"`'.includes(first)) return from
  for (let at = from + 1; at < code.length; at++) {
    if (code[at] === (closing ?? first)) return at
    if (closing) at = skipped(code, at)
    else if (code[at] === '\\') at++
    else if (first === '`' && code.startsWith('${', at)) at = skipped(code, at + 1)
  }
  return code.length
}

/** The texts in an expression, as patterns. */
function literalsIn(expression: string): string[] {
  const found: string[] = []
  for (let at = 0; at < expression.length; at++) {
    if (!'\'"`'.includes(expression[at] ?? '')) continue
    const end = skipped(expression, at)
    found.push(patternOf(expression.slice(at + 1, end)))
    at = end
  }
  return found
}

function patternOf(text: string): string {
  let pattern = ''
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith('${', at)) {
      pattern += '.*'
      at = skipped(text, at + 1)
      continue
    }
    const letter = text[at] === '\\' ? text[++at] : text[at]
    pattern += letter?.replace(/[.*+?^${}()|[\]\\]/, '\\$&') ?? ''
  }
  return pattern
}
