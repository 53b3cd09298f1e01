import type { Kind } from './kind.ts'

export const vllm: Kind = {
  id: 'vllm',
  title: 'vLLM on this machine',
  speaks: [{ protocol: 'openai-chat', baseUrl: 'http://127.0.0.1:8000/v1' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  keyless: true,
  quirks: { reasoningField: 'reasoning_content' },
}
