import { text } from '../lib/json/read-json.ts'
import { version } from '../version.ts'
import type { Kind } from './kind.ts'

const MODELS = [
  ['kimi-k2', 131_072, 32_768],
  ['kimi-k2-thinking', 131_072, 32_768],
  ['kimi-k2.5', 262_144, 32_768],
  ['kimi-k2.6', 262_144, 65_536],
  ['kimi-k2.7-code', 262_144, 65_536],
  ['kimi-k2.7-code-highspeed', 262_144, 65_536],
  ['kimi-k3', 1_048_576, 65_536],
  ['kimi-k3-256k', 262_144, 65_536],
] as const

/** Kimi for coding: Claude's protocol and OpenAI's, each for the clients that speak it. */
export const kimi: Kind = {
  id: 'kimi',
  title: 'Kimi for coding (an account, signed in)',
  speaks: [
    { protocol: 'openai-chat', baseUrl: 'https://api.kimi.com/coding/v1' },
    { protocol: 'anthropic', baseUrl: 'https://api.kimi.com/coding' },
  ],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  quirks: { thinkingField: 'thinking', reasoningField: 'reasoning_content' },
  // As published by other gateways in mid-2026; not checked against the vendor.
  catalogue: MODELS.map(([name, contextTokens, maxOutputTokens]) => ({
    name,
    contextTokens,
    maxOutputTokens,
  })),
  accounts: {
    type: 'kimi',
    headers(members) {
      const device = text(members.device_id)
      const ours = { 'x-msh-platform': 'jackfield', 'x-msh-version': version }
      return device && /^[\w-]+$/.test(device) ? { ...ours, 'x-msh-device-id': device } : ours
    },
  },
}
