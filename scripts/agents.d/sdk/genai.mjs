// A tool loop with the `@google/genai` library, streamed, thoughts included.
import { writeFileSync } from 'node:fs'
import { GoogleGenAI } from '@google/genai'

const client = new GoogleGenAI({
  apiKey: process.env.GATEWAY_KEY,
  httpOptions: { baseUrl: process.env.GATEWAY },
})
const parametersJsonSchema = {
  type: 'object',
  properties: { path: { type: 'string' }, content: { type: 'string' } },
  required: ['path', 'content'],
}
const tools = [
  {
    functionDeclarations: [
      { name: 'write_file', description: 'Writes a file', parametersJsonSchema },
    ],
  },
]
const config = { tools, thinkingConfig: { includeThoughts: true } }
const contents = [{ role: 'user', parts: [{ text: process.argv[2] }] }]
for (let turn = 0; turn < 5; turn++) {
  const stream = await client.models.generateContentStream({
    model: 'agent-model',
    contents,
    config,
  })
  const parts = []
  for await (const chunk of stream) parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []))
  // Empty texts end a stream; the service refuses them in a history.
  const said = parts.filter(({ text, thoughtSignature }) => text !== '' || thoughtSignature)
  contents.push({ role: 'model', parts: said })
  const calls = parts.flatMap(({ functionCall }) => functionCall ?? [])
  if (calls.length === 0) {
    console.log(parts.map(({ text, thought }) => (thought ? '' : (text ?? ''))).join(''))
    break
  }
  const results = calls.map(({ id, name, args }) => {
    writeFileSync(args.path, args.content)
    return { functionResponse: { id, name, response: { output: 'written' } } }
  })
  contents.push({ role: 'user', parts: results })
}
