// A tool loop with the `openai` library over Responses, streamed; nothing stored.
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
  { type: 'function', name: 'write_file', description: 'Writes a file', parameters, strict: false },
]
const input = [{ role: 'user', content: process.argv[2] }]
for (let turn = 0; turn < 5; turn++) {
  const response = await client.responses
    .stream({
      model: 'agent-model',
      reasoning: { effort: 'medium', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      store: false,
      tools,
      input,
    })
    .finalResponse()
  // The library's own additions are not the protocol's.
  const own = (name, value) => (/^(output_)?parsed/.test(name) ? undefined : value)
  input.push(...JSON.parse(JSON.stringify(response.output, own)))
  const calls = response.output.filter(({ type }) => type === 'function_call')
  if (calls.length === 0) {
    console.log(response.output_text)
    break
  }
  for (const call of calls) {
    const { path, content } = JSON.parse(call.arguments)
    writeFileSync(path, content)
    input.push({ type: 'function_call_output', call_id: call.call_id, output: 'written' })
  }
}
