import type { Kind } from './kind.ts'

export const ollama: Kind = {
  id: 'ollama',
  title: 'Ollama on this machine',
  speaks: [{ protocol: 'openai-chat', baseUrl: 'http://127.0.0.1:11434/v1' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  keyless: true,
  quirks: { unsupported: ['tool_choice', 'parallel_tool_calls'] },
}
