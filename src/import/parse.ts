import { LineCounter, parseDocument, visit } from 'yaml'
import { yamlFaults } from '../config/yaml/errors.ts'
import type { JsonValue } from '../lib/json/json.ts'
import { reasonOf } from '../lib/thrown.ts'

/** What a text holds; or what is wrong with it, and where. */
type Parsed = { ok: true; value: JsonValue } | { ok: false; problem: string; line: number }

/** JSON with comments and trailing commas, as people write it, else YAML. */
export function parseConfig(text: string): Parsed {
  return /^\s*(\/[/*]|\{)/.test(text) ? parsedJson(text) : parsedYaml(text)
}

function parsedJson(text: string): Parsed {
  try {
    return { ok: true, value: Bun.JSON5.parse(text) as JsonValue }
  } catch (error) {
    return { ok: false, problem: messageOf(error), line: lineOf(text, messageOf(error)) }
  }
}

function messageOf(error: unknown): string {
  const message = reasonOf(error)
  return message.replace(/^JSON5 Parse error: /, '')
}

/** The parser gives no line: the first lines that already have the same problem. */
function lineOf(text: string, problem: string): number {
  const lines = text.trimEnd().split('\n')
  const wrong = lines.findIndex((_, index) => {
    try {
      Bun.JSON5.parse(lines.slice(0, index + 1).join('\n'))
      return false
    } catch (error) {
      return messageOf(error) === problem
    }
  })
  // A text that is cut off has the same problem at every line.
  return /end of|unterminated/i.test(problem) ? lines.length : Math.max(1, wrong + 1)
}

function parsedYaml(text: string): Parsed {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const [error] = document.errors
  if (error) {
    const [fault] = yamlFaults(document, text)
    const problem = fault?.message ?? 'it cannot be read'
    return { ok: false, problem, line: lines.linePos(fault?.offset ?? error.pos[0]).line }
  }
  // A key made of digits is a text all the same: 007 and very long ones must not change.
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'number' && node.source !== String(node.value))
        node.value = node.source ?? node.value
    },
  })
  return { ok: true, value: toJson(document.toJS({ maxAliasCount: 1000 })) }
}

/** Dates and the like are what they were written as. */
function toJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue
}
