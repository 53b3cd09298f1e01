import { text } from '../lib/json/read-json.ts'
import type { Kind } from './kind.ts'

const HOST = 'https://portal.qwen.ai/v1'

/** Accounts of Qwen Code. @see https://github.com/QwenLM/qwen-code (as of April 2026) */
export const qwen: Kind = {
  id: 'qwen',
  title: 'Qwen Code (an account, signed in)',
  speaks: [{ protocol: 'openai-chat', baseUrl: HOST }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  headers: { 'x-dashscope-cachecontrol': 'enable', 'x-dashscope-authtype': 'qwen-oauth' },
  catalogue: [{ name: 'coder-model', contextTokens: 1_048_576, maxOutputTokens: 65_536 }],
  accounts: {
    type: 'qwen',
    // The account names its own host; a base-url of the file goes before it.
    baseUrl: (members, baseUrl) =>
      baseUrl === HOST ? resourceUrl(text(members.resource_url)) : undefined,
  },
}

/** A host, or a URL of one; it is called over HTTPS whatever it says. */
function resourceUrl(resource: string | undefined): string | undefined {
  const host = resource
    ?.trim()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
  return host && URL.canParse(`https://${host}`) ? `https://${host}/v1` : undefined
}
