import type { Draft } from '../draft.ts'
import { isSupported } from '../supported-settings.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** `ampcode.model-mappings`, and the flat keys of older versions: names for Amp only. */
export function readAmp(config: TrackedSettings, draft: Draft): void {
  const amp = config.mapping('ampcode')
  const section = amp.flag('force-model-mappings') ? 'force' : 'aliases'
  const mappings = [
    ...amp.mappings('model-mappings'),
    ...config.mappings('amp-model-mappings'),
  ].flatMap(mapping => {
    const [from, to, regex] = [mapping.text('from'), mapping.text('to'), mapping.flag('regex')]
    if (from && to) return [{ from, to, regex: regex === true, at: mapping.at }]
    draft.noteDropped(mapping.at, 'has no from or no to, for which it was ignored there too')
    return []
  })
  // Exact names went before patterns, and of two that are alike the last counted.
  const exact = new Map(
    mappings.filter(({ regex }) => !regex).map(mapping => [mapping.from, mapping]),
  )
  for (const { from, to, at } of exact.values())
    if (from.includes('*'))
      draft.noteDropped(
        at,
        `"${from}" matched nothing, since it is no regex; write it under ${section}`,
      )
    else addMapping(draft, section, from, to, at)
  const patterns = mappings.filter(({ regex }) => regex)
  for (const { from, to, at } of patterns) {
    const glob = globOf(from)
    if (glob === undefined)
      draft.noteDropped(
        at,
        `the pattern ${from} is more than a glob; write the names it means under ${section}, each with when: { client: amp }`,
      )
    else addMapping(draft, section, glob, to, at)
  }
  if (patterns.length > 1)
    draft.noteUnneeded(
      'ampcode.model-mappings',
      'of several patterns that match the one with more letters counts, not the first',
    )
  if (mappings.length > 0 && !isSupported('amp'))
    draft.noteDropped(
      'ampcode.model-mappings',
      'hold for Amp only, whose paths under /api/provider come with a later version; take when away from those that should hold for every client',
    )
}

function addMapping(
  draft: Draft,
  section: 'aliases' | 'force',
  from: string,
  to: string,
  at: string,
): void {
  draft.addName(section, from, { to, when: { client: 'amp' } }, `from ${at}`)
}

/** A character that is meant, any run of characters, or an escaped mark. */
const TOKEN = /\\[^\w\s*]|\.[*+]\??|[^\\[\](){}+?*|^$]/g

/**
 * `^gpt-5` is `gpt-5*`, since a pattern may match anywhere. A bare dot is taken for the dot of a
 * version. Undefined: no glob means the same.
 */
function globOf(pattern: string): string | undefined {
  const [, start = '', body = '', end = ''] = /^(\^?)(.*?)(\$?)$/.exec(pattern) ?? []
  const tokens = body.match(TOKEN) ?? []
  if (tokens.join('') !== body) return undefined
  const literal = tokens.map(token =>
    token.startsWith('\\') ? token.slice(1) : /^\.[*+]/.test(token) ? '*' : token,
  )
  return [start ? '' : '*', ...literal, end ? '' : '*'].join('').replace(/\*{2,}/g, '*')
}
