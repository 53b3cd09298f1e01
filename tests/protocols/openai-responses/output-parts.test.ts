import { describe, expect, test } from 'bun:test'
import { decodeOutput } from '../../../src/protocols/openai-responses/item.ts'

const decoded = (output: string) => {
  const part = decodeOutput({ type: 'function_call_output', call_id: 'c', output })
  return part.type === 'tool-result' ? part.parts : []
}
const PARTS = [
  { type: 'input_text', text: 'a red square' },
  { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
]

describe('parts that a client wrote as JSON into the string', () => {
  test.each([
    ['as JSON.stringify writes them', JSON.stringify(PARTS)],
    ['with blanks and line breaks', `\n${JSON.stringify(PARTS, null, 2)}`],
    [
      'the type behind the other members',
      JSON.stringify(PARTS.map(({ type, ...rest }) => ({ ...rest, type }))),
    ],
  ])('%s', (_, output) => {
    expect(decoded(output)).toMatchObject([{ type: 'text' }, { type: 'image' }])
  })

  test.each([
    '[]',
    '[{"type":"input_text","text":"cut off',
    '[{"kind":"input_text"}]',
    '["input_text"]',
    '[{"type":"input_text","text":"a"},"input_image"]',
    '[INFO] {"type":"input_text"}',
  ])('other lists are a tool’s own words: %s', output => {
    expect(decoded(output)).toEqual([{ type: 'text', text: output }])
  })
})
