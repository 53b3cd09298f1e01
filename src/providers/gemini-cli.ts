import { text } from '../lib/json/read-json.ts'
import { codeAssistEnvelope, codeAssistLimits } from './code-assist.ts'
import { CODE_ASSIST_MODELS } from './gemini-models.ts'
import type { Kind } from './kind.ts'

/**
 * Google accounts on Code Assist, as Gemini CLI uses it. Requests carry our own name; whether Google
 * serves other clients than its own is for it to decide, and its refusal is passed on.
 */
export const geminiCli: Kind = {
  id: 'gemini-cli',
  title: 'Gemini Code Assist (a Google account, signed in)',
  speaks: [
    {
      protocol: 'gemini',
      baseUrl: 'https://cloudcode-pa.googleapis.com',
      paths: {
        generate: '/v1internal:generateContent',
        stream: '/v1internal:streamGenerateContent?alt=sse',
        compact: '/v1internal:generateContent',
        'count-tokens': '/v1internal:countTokens',
      },
    },
  ],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  // Vertex AI is behind it, which refuses ids on calls and results, and takes cleaned schemas.
  quirks: { countTokens: true, noCallIds: true, noJsonSchema: true },
  catalogue: CODE_ASSIST_MODELS,
  limits: codeAssistLimits,
  envelope: codeAssistEnvelope,
  accounts: {
    type: 'gemini',
    projects: members =>
      (text(members.project_id) ?? '')
        .split(',')
        .map(project => project.trim())
        .filter(project => project !== ''),
  },
}
