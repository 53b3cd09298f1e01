import type { JsonValue } from '../../lib/json/json.ts'
import { type Draft, filled, noteDropped, noteUnneeded } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** `models` of a key: the upstream's name and the client's. An empty list: the kind's own. */
export function readModels(entry: TrackedSettings, draft: Draft): JsonValue[] {
  return entry.mappings('models').flatMap(model => {
    const name = model.text('name') ?? model.text('alias')
    if (!name) return []
    const alias = model.text('alias')
    readExtras(model, draft)
    const details = filled({
      alias: alias === name ? undefined : alias,
      context: model.number('max-context-length') || undefined,
      thinking: readThinking(model, draft),
      lacks: readModalities(model, draft),
    })
    return [Object.keys(details).length > 0 ? { name, ...details } : name]
  })
}

/** Levels are known here; how many tokens each is, the model's own protocol says. */
function readThinking(model: TrackedSettings, draft: Draft): string[] {
  const thinking = model.mapping('thinking')
  for (const name of ['min', 'max'])
    if (thinking.number(name) !== undefined)
      noteDropped(
        draft,
        thinking.path(name),
        'budgets go to the upstream as the client asks for them; ask for less with a suffix: model(8192)',
      )
  for (const name of ['zero-allowed', 'dynamic-allowed', 'zero_allowed', 'dynamic_allowed'])
    if (thinking.flag(name))
      noteUnneeded(draft, thinking.path(name), 'model(none) and model(auto) are always passed on')
  const levels = thinking.texts('levels')
  if (levels.some(level => !LEVELS.includes(level)))
    noteUnneeded(
      draft,
      thinking.path('levels'),
      'what is no level, such as auto, is always passed on',
    )
  return levels.filter(level => LEVELS.includes(level))
}

/** `auto` is no level: the model then chooses one. */
const LEVELS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
const MODALITIES: Record<string, string> = {
  image: 'images',
  audio: 'audio',
  video: 'video',
  file: 'documents',
}

/** What a model takes, where it is said at all; the rest it lacks. */
function readModalities(model: TrackedSettings, draft: Draft): string[] {
  const taken = model.texts('input-modalities').map(one => one.toLowerCase())
  if (model.texts('output-modalities').length > 0)
    noteUnneeded(
      draft,
      model.path('output-modalities'),
      'what a model makes is passed on, whatever it is',
    )
  if (taken.length === 0) return []
  return Object.entries(MODALITIES).flatMap(([name, ability]) =>
    taken.includes(name) ? [] : [ability],
  )
}

function readExtras(model: TrackedSettings, draft: Draft): void {
  // Replies carry the name that was asked for, wherever it leads.
  model.flag('force-mapping')
  if (model.text('display-name'))
    noteDropped(
      draft,
      model.path('display-name'),
      'models are listed by their names; an entry under models may have a description',
    )
  if (model.flag('is-compat'))
    noteUnneeded(
      draft,
      model.path('is-compat'),
      'thinking goes back to whoever made it, and to nobody else, without being told',
    )
  if (model.flag('image'))
    noteUnneeded(draft, model.path('image'), '/v1/images/* goes to any model of OpenAI’s family')
}

/**
 * What CLIProxyAPI lists for a Codex key without models of its own: a Responses service has no
 * catalogue here.
 */
export const CODEX_MODELS: readonly string[] = [
  'gpt-5',
  'gpt-5-codex',
  'gpt-5-codex-mini',
  'gpt-5.1',
  'gpt-5.1-codex',
  'gpt-5.1-codex-mini',
  'gpt-5.1-codex-max',
  'gpt-5.2',
  'gpt-5.2-codex',
  'gpt-5.3-codex-spark',
  'gpt-5.4',
  'gpt-5.4-mini',
  'gpt-5.5',
  'gpt-5.6-sol',
  'gpt-5.6-terra',
  'gpt-5.6-luna',
]
