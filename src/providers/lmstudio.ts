import type { Kind } from './kind.ts'

export const lmstudio: Kind = {
  id: 'lmstudio',
  title: 'LM Studio on this machine',
  speaks: [{ protocol: 'openai-chat', baseUrl: 'http://127.0.0.1:1234/v1' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  keyless: true,
}
