// A tool loop with the `openai` library over Chat Completions, streamed.
import { writeFileSync } from 'node:fs'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: `${process.env.GATEWAY}/v1`,
  apiKey: process.env.GATEWAY_KEY,
  maxRetries: 0,
})
const parameters = {
  type: 'object',
  properties: { path: { type: 'string' }, content: { type: 'string' } },
  required: ['path', 'content'],
}
const tools = [
  {
    type: 'function',
    function: { name: 'write_file', description: 'Writes a file', parameters },
  },
]
const messages = [{ role: 'user', content: process.argv[2] }]
for (let turn = 0; turn < 5; turn++) {
  const final = await client.chat.completions
    .stream({ model: 'agent-model', reasoning_effort: 'medium', tools, messages })
    .finalChatCompletion()
  const { message } = final.choices[0]
  // The library's own additions are not the protocol's.
  const { parsed: _, ...said } = message
  messages.push(said)
  if (!message.tool_calls?.length) {
    console.log(message.content)
    break
  }
  for (const call of message.tool_calls) {
    const { path, content } = JSON.parse(call.function.arguments)
    writeFileSync(path, content)
    messages.push({ role: 'tool', tool_call_id: call.id, content: 'written' })
  }
}
