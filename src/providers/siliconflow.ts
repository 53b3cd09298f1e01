import type { Kind } from './kind.ts'

export const siliconflow: Kind = {
  id: 'siliconflow',
  title: 'SiliconFlow',
  speaks: [{ protocol: 'openai-chat', baseUrl: 'https://api.siliconflow.com/v1' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: { thinkingField: 'enable_thinking', reasoningField: 'reasoning_content' },
}
