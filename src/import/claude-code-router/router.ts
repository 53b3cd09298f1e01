import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import type { Draft } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import type { Providers } from './providers.ts'

const USUAL_THRESHOLD = 60_000

/** Steps of `Router` with the condition each stands for, in the order in which they are asked. */
const STEPS: readonly (readonly [step: string, when: (threshold: number) => JsonObject])[] = [
  ['image', () => ({ images: true })],
  ['longContext', threshold => ({ 'input-tokens': `>${threshold}` })],
  ['webSearch', () => ({ tools: 'web_search*' })],
  ['think', () => ({ thinking: true })],
]

/** The router chose for every name; Claude's small model was the background's. */
export function readRouter(config: TrackedSettings, providers: Providers, draft: Draft): void {
  const router = config.mapping('Router')
  const fallback = config.mapping('fallback')
  const threshold = router.number('longContextThreshold') ?? USUAL_THRESHOLD
  /** The step's model and what followed when it failed. */
  const destination = (step: string): string[] => {
    const first = targetOf(router, step, providers, draft)
    if (first === undefined) return []
    const next = fallback.texts(step).flatMap((written, index) => {
      const target = parseTarget(written, providers)
      if (!target)
        draft.noteDropped(
          `${fallback.path(step)}[${index}]`,
          'names no provider and model of the file',
        )
      return target ?? []
    })
    return [first, ...next]
  }
  const steps = STEPS.flatMap(([step, when]) => {
    const to = destination(step)
    return to.length > 0 ? [{ step, when: when(threshold), to: single(to) }] : []
  })
  const usual = destination('default')
  const background = destination('background')
  addRouter(steps, usual, draft)
  addBackground(steps, background, draft)
  addPicks(providers, draft)
}

type Step = { step: string; when: JsonObject; to: JsonValue }

function addRouter(steps: readonly Step[], usual: readonly string[], draft: Draft): void {
  if (usual.length === 0) {
    draft.noteDropped('Router.default', 'names no model, so the router has none for usual requests')
    if (steps.length === 0) return
  }
  draft.routes.models.router = {
    description: 'What the router chose',
    to: [...steps.map(({ when, to }): JsonValue => ({ when, to })), ...usual],
  }
  draft.setOrigin(
    'models',
    'router',
    'from Router: who serves when its condition holds, else the last',
  )
  // Claude Code asks for Claude's models, which a provider may have under the same names.
  draft.addName('force', 'claude*', 'router', 'Claude Code’s names lead to the router')
  draft.addName('aliases', '*', 'router', 'any other name that no provider has')
  if (steps.length > 0)
    draft.noteUnneeded(
      'Router',
      'when the model of a step cannot serve, the next step whose condition holds is tried',
    )
}

/** Even in the background a long conversation went to the model for long ones. */
function addBackground(steps: readonly Step[], background: readonly string[], draft: Draft): void {
  if (background.length === 0) return
  const long = steps.filter(({ step }) => step === 'longContext')
  draft.addName(
    'models',
    'background',
    [...long.map(({ when, to }): JsonValue => ({ when, to })), ...background],
    'from Router.background',
  )
  draft.addName('force', 'claude*haiku*', 'background', 'Claude Code’s small model')
}

/** `/model provider,model` in Claude Code. */
function addPicks(providers: Providers, draft: Draft): void {
  for (const [name, { id }] of providers)
    draft.addName(
      'force',
      `${name},*`,
      `${id}/*`,
      '"provider,model", as /model of Claude Code asks',
    )
}

function targetOf(
  router: TrackedSettings,
  step: string,
  providers: Providers,
  draft: Draft,
): string | undefined {
  const written = router.text(step)
  if (written === undefined) return undefined
  const target = parseTarget(written, providers)
  if (!target) draft.noteDropped(router.path(step), 'names no provider and model of the file')
  return target
}

function parseTarget(written: string, providers: Providers): string | undefined {
  const [name = '', ...rest] = written.split(',')
  const id = providers.get(name.trim())?.id
  const model = rest.join(',').trim()
  return id && model ? `${id}/${model}` : undefined
}

function single(targets: readonly string[]): JsonValue {
  const [first, ...others] = targets
  return first !== undefined && others.length === 0 ? first : [...targets]
}
