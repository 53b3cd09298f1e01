import type { Importing } from '../draft.ts'
import { applyRows, on, type Row } from '../rows.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { DISPLAY_NAME } from './models.ts'

const ACCOUNT =
  'names of accounts are not taken over; write them as aliases, and what is excluded as exclude of the provider'

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
  importing: Importing,
): AccountNames {
  const { draft } = importing
  const own = (section: string): TrackedSettings => {
    const channels = config.mapping(section)
    if (channels.isGiven(channel) && !isThere)
      draft.noteDropped(
        channels.path(channel),
        'there is no account in auth-dir that it could be for',
      )
    for (const name of channels.names().filter(other => other !== channel)) {
      if (channels.isGiven(name)) draft.noteDropped(channels.path(name), ACCOUNT)
      channels.raw(name)
    }
    return channels
  }
  return {
    aliases: ['oauth-model-alias', 'oauth-model-mappings'].flatMap(section =>
      readAliases(own(section), channel, importing),
    ),
    excluded: own('oauth-excluded-models').texts(channel),
  }
}

/** What an alias may say of itself. Replies carry the name that was asked for, wherever it leads. */
const ALIAS: readonly Row[] = [{ from: 'force-mapping', read: on }, DISPLAY_NAME]

/** The aliases of a list; the first of a name counts. */
export function readAliases(
  settings: TrackedSettings,
  name: string,
  importing: Importing,
): Alias[] {
  const taken = new Set<string>()
  return settings.mappings(name).flatMap(entry => {
    const [from, alias] = [entry.text('name'), entry.text('alias')]
    if (!entry.flag('fork'))
      importing.draft.noteUnneeded(entry.at, 'an alias stands beside the name, as with fork: true')
    applyRows(ALIAS, entry, importing, {})
    if (!from || !alias || taken.has(alias)) return []
    taken.add(alias)
    return [{ name: from, alias }]
  })
}
