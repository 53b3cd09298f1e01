import type { JsonValue } from '../../lib/json/json.ts'
import type { Importing } from '../draft.ts'
import { applyRows, names, nonZero, number, on, type Read, type Row, text, texts } from '../rows.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** `models` of a key: the upstream's name and the client's. An empty list: the kind's own. */
export function readModels(entry: TrackedSettings, importing: Importing): JsonValue[] {
  return entry.mappings('models').flatMap(model => {
    const alias = model.text('alias')
    const name = model.text('name') ?? alias
    if (!name) return []
    const start = alias === undefined || alias === name ? {} : { alias }
    const details = applyRows(MODEL, model, importing, start)
    return [Object.keys(details).length > 0 ? { name, ...details } : name]
  })
}

/** `auto` is no level: the model then chooses one. */
const LEVELS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** The levels that are known here; the model's protocol has the tokens of each. */
const levels: Read = (thinking, name, { draft }) => {
  const written = thinking.texts(name)
  const known = written.filter(level => LEVELS.includes(level))
  if (known.length < written.length)
    draft.noteUnneeded(thinking.path(name), 'what is no level, such as auto, is always passed on')
  return known
}

const MODALITIES: Record<string, string> = {
  image: 'images',
  audio: 'audio',
  video: 'video',
  file: 'documents',
}

/** What a model does not take, where the file lists what it takes. */
const missingModalities: Read = (model, name) => {
  const supported = model.texts(name).map(modality => modality.toLowerCase())
  if (supported.length === 0) return undefined
  return Object.entries(MODALITIES).flatMap(([modality, ability]) =>
    supported.includes(modality) ? [] : [ability],
  )
}

/** Also of an alias for accounts. */
export const DISPLAY_NAME: Row = {
  from: 'display-name',
  read: text,
  dropped: 'models are listed by their names; an entry under models may have a description',
}

const MODEL: readonly Row[] = [
  // Replies carry the name that was asked for, wherever it leads.
  { from: 'force-mapping', read: on },
  DISPLAY_NAME,
  {
    from: 'is-compat',
    read: on,
    unneeded: 'thinking goes back to the model that made it, and to no other, by itself',
  },
  { from: 'image', read: on, unneeded: '/v1/images/* goes to any model of OpenAI’s family' },
  { from: 'max-context-length', to: 'context', read: nonZero },
  {
    from: ['thinking.min', 'thinking.max'],
    read: number,
    dropped:
      'budgets go to the upstream as the client asks for them; ask for less with a suffix: model(8192)',
  },
  {
    from: names(`
      thinking.zero-allowed thinking.dynamic-allowed
      thinking.zero_allowed thinking.dynamic_allowed`),
    read: on,
    unneeded: 'model(none) and model(auto) are always passed on',
  },
  { from: 'thinking.levels', to: 'thinking', read: levels },
  { from: 'input-modalities', to: 'lacks', read: missingModalities },
  {
    from: 'output-modalities',
    read: texts,
    unneeded: 'what a model makes is passed on, whatever it is',
  },
]

/**
 * What CLIProxyAPI lists for a Codex key without models of its own: a Responses service has no
 * catalogue here.
 */
export const CODEX_MODELS: readonly string[] = names(`
  gpt-5 gpt-5-codex gpt-5-codex-mini
  gpt-5.1 gpt-5.1-codex gpt-5.1-codex-mini gpt-5.1-codex-max
  gpt-5.2 gpt-5.2-codex gpt-5.3-codex-spark
  gpt-5.4 gpt-5.4-mini gpt-5.5
  gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna`)
