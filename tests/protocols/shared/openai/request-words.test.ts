import { expect, test } from 'bun:test'
import type { JsonObject, JsonValue } from '../../../../src/lib/json/json.ts'
import { foreignLosses } from '../../../../src/protocols/shared/foreign-members.ts'
import {
  decodeAllowed,
  decodeChoiceMode,
  decodeReplyFormat,
} from '../../../../src/protocols/shared/openai/request-words.ts'

const REQUEST = { system: [], messages: [], tools: [], sampling: {} }
const AUTO = { mode: 'auto' } as const
const TEXT = { type: 'text' } as const

test('the mode of a tool choice: a known word, or auto with a note', () => {
  const modes: [JsonValue | undefined, string, string[]][] = [
    [undefined, 'auto', []],
    [null, 'auto', []],
    ['auto', 'auto', []],
    ['none', 'none', []],
    ['required', 'required', []],
    ['soon', 'auto', ['"soon" has no equivalent; auto instead']],
  ]
  for (const [word, mode, reasons] of modes) {
    const toolChoice = decodeChoiceMode(word, 'openai-chat')
    expect(toolChoice, String(word)).toEqual({ mode } as typeof toolChoice)
    const losses = foreignLosses({ ...REQUEST, toolChoice, format: TEXT }, 'gemini')
    expect(losses.map(({ reason }) => reason)).toEqual(reasons)
  }
})

test('a choice among some of the tools is noted where they are listed', () => {
  const toolChoice = decodeAllowed({ mode: 'required' }, 'openai-responses', 'tool_choice.tools')
  expect(toolChoice).toEqual({ mode: 'required' })
  expect(foreignLosses({ ...REQUEST, toolChoice, format: TEXT }, 'anthropic')).toEqual([
    { path: 'tool_choice.tools', reason: 'the other tools may be called as well' },
  ])
})

test('the format of a reply: JSON with what was declared of it, or text with a note', () => {
  const schema = { type: 'object' }
  const declared = { schema, name: 'answer', strict: true }
  const json = { type: 'json', ...declared } as const
  const formats: [JsonValue | undefined, JsonObject | undefined, object, number][] = [
    [undefined, undefined, TEXT, 0],
    ['text', undefined, TEXT, 0],
    ['json_object', undefined, { type: 'json' }, 0],
    ['json_schema', declared, json, 0],
    ['json_schema', undefined, TEXT, 1],
    ['xml', declared, TEXT, 1],
    [null, undefined, TEXT, 1],
  ]
  for (const [type, members, expected, notes] of formats) {
    const format = decodeReplyFormat(type, members, 'openai-chat', 'response_format.type')
    expect(format, String(type)).toEqual(expected as typeof format)
    const losses = foreignLosses({ ...REQUEST, toolChoice: AUTO, format }, 'anthropic')
    expect(losses.map(({ path }) => path)).toEqual(Array(notes).fill('response_format.type'))
  }
})
