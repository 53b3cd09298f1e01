import { isProxy } from '../config/schema/describe.ts'
import { normaliseBaseUrl } from '../config/sections/base-url.ts'
import type { JsonObject } from '../lib/json/json.ts'
import { isLocalHost } from '../lib/net/host-name.ts'
import type { Kind } from '../providers/kind.ts'
import { filled } from './draft.ts'

/** Services that have a kind of their own here, by the host they are reached at. */
const HOSTS: readonly (readonly [host: RegExp, kind: string])[] = [
  [/^api\.openai\.com$/, 'openai'],
  [/(^|\.)anthropic\.com$/, 'anthropic'],
  [/^generativelanguage\.googleapis\.com$/, 'gemini'],
  [/(^|\.)openrouter\.ai$/, 'openrouter'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/(^|\.)groq\.com$/, 'groq'],
  [/(^|\.)mistral\.ai$/, 'mistral'],
  [/(^|\.)moonshot\.(cn|ai)$/, 'moonshot'],
  [/(^|\.)(z\.ai|bigmodel\.cn)$/, 'zai'],
  [/^dashscope[\w-]*\.aliyuncs\.com$/, 'dashscope'],
  [/(^|\.)x\.ai$/, 'xai'],
  [/(^|\.)siliconflow\.(cn|com)$/, 'siliconflow'],
]

/**
 * The kind of a service that speaks OpenAI Chat at an address, and the address where it is not the
 * kind's own. A service that is not known is `openai-compatible`.
 */
export function chatService(address: string, kinds: readonly Kind[]): JsonObject {
  const azure = azureAt(address)
  if (azure) return { kind: 'azure-openai', 'base-url': azure }
  const known = kindAt(address)
  // Of another protocol than its host is known for.
  const kind = known === 'anthropic' || known === 'gemini' ? undefined : known
  return { kind: kind ?? 'openai-compatible', ...baseUrl(address, kind, kinds) }
}

/** Azure's address as it is asked without a version, where the file has none of its own. */
function azureAt(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url?.hostname.endsWith('.openai.azure.com')) return undefined
  return url.pathname === '/' ? `${url.origin}/openai/v1` : address
}

/** The kind that a host stands for. */
export function kindAt(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url) return undefined
  if (url.port === '11434' && isLocalHost(url.hostname)) return 'ollama'
  return HOSTS.find(([host]) => host.test(url.hostname))?.[1]
}

/** `base-url`, unless it is where the kind is anyway. */
export function baseUrl(
  address: string | undefined,
  kind: string | undefined,
  kinds: readonly Kind[],
): JsonObject {
  const speaks = kinds.find(({ id }) => id === kind)?.speaks ?? []
  const own = speaks.some(({ protocol, baseUrl: preset }) => {
    const written = normaliseBaseUrl(address ?? '', protocol)
    return written?.baseUrl === preset && written.query === ''
  })
  return own ? {} : filled({ 'base-url': address })
}

/** The names a kind lists by itself. */
export function catalogueOf(kind: string, kinds: readonly Kind[]): string[] {
  return (kinds.find(({ id }) => id === kind)?.catalogue ?? []).map(({ name }) => name)
}

/** A value for `proxy-url`, where `none` means `direct`. Undefined: it cannot be used here. */
export function proxyOf(written: string): string | undefined {
  if (/^(direct|none)$/i.test(written)) return 'direct'
  return isProxy(written) || isVariable(written) ? written : undefined
}

/** An address of http or https, or one that a variable gives. */
export function isAddress(written: string): boolean {
  return isVariable(written) || normaliseBaseUrl(written, 'openai-chat') !== undefined
}

function isVariable(written: string): boolean {
  return /^\$\{\w+\}/.test(written)
}
