import { expect, test } from 'bun:test'
import { modelText } from '../../../src/exchange/reply/model-text.ts'
import { renameModel } from '../../../src/exchange/reply/rename-model.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`

test.each([
  ['chat', { choices: [{ delta: { content: 'a', reasoning_content: 'b' } }] }, 'ab'],
  ['arguments of a call', { choices: [{ delta: { tool_calls: [{ arguments: '{}' }] } }] }, '{}'],
  ['anthropic', { type: 'content_block_delta', delta: { type: 'text_delta', text: 'a' } }, 'a'],
  ['a call of Gemini', { parts: [{ functionCall: { name: 'f', args: { x: 1 } } }] }, '{"x":1}'],
  ['a delta of Responses', { type: 'response.output_text.delta', delta: 'a' }, 'a'],
  ['what Responses repeats at the end', { type: 'response.output_text.done', text: 'a' }, ''],
])('the text of the model is found in an event: %s', (_, data, expected) => {
  expect(modelText(bytes(event(data)))).toBe(expected)
})

test('events that are cut at either side are skipped', () => {
  const events = ['a', 'b', 'c'].map(text => event({ text })).join('')
  expect(modelText(bytes(events.slice(9, -3)))).toBe('b')
})

test.each([
  ['as JSON writes it', '{"model":"org/x"}', '{"model":"mine"}'],
  ['with a space', '{"model": "org/x"}', '{"model": "mine"}'],
  ['with escaped slashes', '{"model":"org\\/x"}', '{"model":"mine"}'],
  [
    'behind another model',
    '{"a":{"model":"y"},"model":"org/x"}',
    '{"a":{"model":"y"},"model":"mine"}',
  ],
])('the served model is renamed: %s', (_, text, expected) => {
  const rename = renameModel(bytes(text), 'model', 'org/x', 'mine')
  const renamed = [rename?.feed(bytes(text)), rename?.end()].map(part =>
    new TextDecoder().decode(part),
  )
  expect(renamed.join('')).toBe(expected)
})

test.each([
  ['the name is the asked one', 'mine', 'mine'],
  ['no model was named', undefined, 'mine'],
  ['the beginning does not name it', 'other', 'mine'],
])('there is nothing to rename: %s', (_, served, asked) => {
  expect(renameModel(bytes('{"model":"mine"}'), 'model', served, asked)).toBeUndefined()
})
