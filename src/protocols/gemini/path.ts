import { encodedPath } from '../../lib/files/path-name.ts'
import type { Action, PathOptions } from '../codec.ts'

const VERBS: Record<Action, string> = {
  generate: 'generateContent',
  compact: 'generateContent',
  'count-tokens': 'countTokens',
  models: '',
  relay: '',
}

/** Behind the base URL, which has no version in it. */
const ROOT = '/v1beta/models'

export function pathFor(
  action: Action,
  model: string,
  stream: boolean,
  { root = ROOT, relay }: PathOptions = {},
): string {
  if (action === 'models') return `${root}?pageSize=1000`
  const verb =
    stream && action === 'generate' ? 'streamGenerateContent?alt=sse' : (relay ?? VERBS[action])
  return `${root}/${encodedPath(model)}:${verb}`
}
