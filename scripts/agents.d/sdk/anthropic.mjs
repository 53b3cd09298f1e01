// A tool loop with the `@anthropic-ai/sdk` library, streamed, thinking on.
import { writeFileSync } from 'node:fs'
import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({
  baseURL: process.env.GATEWAY,
  apiKey: process.env.GATEWAY_KEY,
  maxRetries: 0,
})
const input_schema = {
  type: 'object',
  properties: { path: { type: 'string' }, content: { type: 'string' } },
  required: ['path', 'content'],
}
const tools = [{ name: 'write_file', description: 'Writes a file', input_schema }]
const messages = [{ role: 'user', content: process.argv[2] }]
for (let turn = 0; turn < 5; turn++) {
  const { content } = await client.messages
    .stream({
      model: 'agent-model',
      max_tokens: 16_000,
      thinking: { type: 'enabled', budget_tokens: 4_000 },
      tools,
      messages,
    })
    .finalMessage()
  messages.push({ role: 'assistant', content })
  const calls = content.filter(({ type }) => type === 'tool_use')
  if (calls.length === 0) {
    console.log(content.map(({ text }) => text ?? '').join(''))
    break
  }
  const results = calls.map(({ id, input }) => {
    writeFileSync(input.path, input.content)
    return { type: 'tool_result', tool_use_id: id, content: 'written' }
  })
  messages.push({ role: 'user', content: results })
}
