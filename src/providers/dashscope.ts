import type { Kind } from './kind.ts'

export const dashscope: Kind = {
  id: 'dashscope',
  title: 'Alibaba DashScope (Qwen)',
  speaks: [
    { protocol: 'openai-chat', baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1' },
    { protocol: 'anthropic', baseUrl: 'https://dashscope-intl.aliyuncs.com/apps/anthropic' },
  ],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: { thinkingField: 'enable_thinking', reasoningField: 'reasoning_content' },
}
