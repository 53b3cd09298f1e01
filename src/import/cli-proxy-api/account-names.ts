import { type Draft, noteDropped, noteUnneeded } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

const ACCOUNT = 'goes with accounts, which come with a later version; keep the old file until then'

export type Alias = { name: string; alias: string }

/** Names for all accounts of a kind. */
export type AccountNames = { aliases: readonly Alias[]; excluded: readonly string[] }

/**
 * `oauth-model-alias` (once `oauth-model-mappings`) and `oauth-excluded-models` of the one kind of
 * account that is of use here; the others wait for theirs.
 */
export function readAccountNames(
  config: TrackedSettings,
  channel: string,
  isThere: boolean,
  draft: Draft,
): AccountNames {
  const own = (section: string): TrackedSettings => {
    const channels = config.mapping(section)
    if (channels.isGiven(channel) && !isThere)
      noteDropped(
        draft,
        channels.path(channel),
        'there is no account in auth-dir that it could be for',
      )
    for (const name of channels.names().filter(one => one !== channel)) {
      if (channels.isGiven(name)) noteDropped(draft, channels.path(name), ACCOUNT)
      channels.raw(name)
    }
    return channels
  }
  return {
    aliases: ['oauth-model-alias', 'oauth-model-mappings'].flatMap(section =>
      readAliases(own(section), channel, draft),
    ),
    excluded: own('oauth-excluded-models').texts(channel),
  }
}

export function readAliases(reading: TrackedSettings, name: string, draft: Draft): Alias[] {
  const taken = new Set<string>()
  return reading.mappings(name).flatMap(entry => {
    const [from, alias] = [entry.text('name'), entry.text('alias')]
    // Replies carry the name that was asked for, wherever it leads.
    entry.flag('force-mapping')
    if (!entry.flag('fork'))
      noteUnneeded(draft, entry.at, 'an alias stands beside the name, as with fork: true')
    if (entry.text('display-name'))
      noteDropped(
        draft,
        entry.path('display-name'),
        'models are listed by their names; an entry under models may have a description',
      )
    if (!from || !alias || taken.has(alias)) return []
    taken.add(alias)
    return [{ name: from, alias }]
  })
}
