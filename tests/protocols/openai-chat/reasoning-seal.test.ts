import { expect, test } from 'bun:test'
import { decodeResponse } from '../../../src/protocols/openai-chat/response.ts'

const reply = (message: Record<string, string | object>) => ({
  id: 'r',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
})

test.each([
  ['plain reasoning has an empty seal, which names the issuer', { reasoning_content: 'hm' }, ''],
  [
    'signed reasoning keeps its signature',
    { reasoning: 'hm', reasoning_details: [{ text: 'hm', signature: 'sig' }] },
    'sig',
  ],
  [
    'reasoning within the content is sealed likewise',
    { content: [{ type: 'thinking', thinking: 'hm' }] },
    '',
  ],
])('%s', (_, message, value) => {
  const [part] = decodeResponse(reply(message), 'up').parts
  expect(part).toMatchObject({ type: 'thinking', text: 'hm' })
  expect(part?.seal).toEqual({ issuer: 'up', protocol: 'openai-chat', value })
})
