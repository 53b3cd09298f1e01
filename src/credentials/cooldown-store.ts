import { type CooldownClass, ERROR_POLICY } from '../lib/error-policy.ts'
import type { ErrorCode } from '../lib/errors.ts'
import { isObject } from '../lib/json/json.ts'
import type { HotState } from '../store/state.ts'
import type { Cooldown } from './cooldown.ts'
import type { Credential } from './credential.ts'

/**
 * The cooldowns of one credential, by model and by class of error; they survive a restart. What is
 * long over is forgotten.
 */
export interface CooldownStore {
  /** The last one of a class, over or not. */
  last(model: string, cooldownClass: CooldownClass): Cooldown | undefined
  /** Those that are not over. */
  open(model: string): Cooldown[]
  /** Whether there was one since the last success. */
  any(model: string): boolean
  set(model: string, cooldown: Cooldown): void
  /** Forgets the cooldowns of a model, also the level that they had reached. */
  clear(model: string): void
  /** Nothing is known of any model; false also while that has not been read yet. */
  readonly empty: boolean
  entries(): [model: string, rest: Cooldown][]
  /** What is stored counts from now on: another node has written it. */
  reread(): void
}

const NONE: Cooldown[] = []

/** Models are the clients' words, so their number must stay bounded. */
const MAX_MODELS = 1_000

export type CooldownStoreOptions = {
  now(): number
  state: HotState
  /** The longest cooldown, ms; one that ended longer ago than this is forgotten. */
  maxMs(): number
}

/** How the classes are called on disk, where older versions wrote them. */
const STORED = {
  limit: 'limit',
  auth: 'refusal',
  'no-model': 'no-model',
  transient: 'fault',
} as const satisfies Record<CooldownClass, string>

/** Undefined: nothing cools down after it, or the code is of another version. */
function classOf(code: ErrorCode): CooldownClass | undefined {
  const cooldown = ERROR_POLICY[code]?.cooldown
  return cooldown === 'none' ? undefined : cooldown
}

type ByClass = Map<CooldownClass, Cooldown>

export function createCooldownStore(
  { id, fingerprint }: Pick<Credential, 'id' | 'fingerprint'>,
  { now, state, maxMs }: CooldownStoreOptions,
): CooldownStore {
  let known: Map<string, ByClass> | undefined

  const worthKeeping = (cooldown: Cooldown): boolean => cooldown.untilMs + maxMs() > now()

  function cooldowns(): Map<string, ByClass> {
    if (known) return known
    known = new Map()
    const values = state.peek('cooldown', id, state.list('cooldown', id))
    for (const [key, value] of values) {
      const cooldown = parseCooldown(value, fingerprint)
      const cooldownClass = cooldown && classOf(cooldown.code)
      if (!cooldown || !cooldownClass || !worthKeeping(cooldown)) continue
      const suffix = `\t${STORED[cooldownClass]}`
      const model = key.endsWith(suffix) ? key.slice(0, -suffix.length) : undefined
      // A clock that went back, or a shorter limit in the file, must not make a cooldown endless.
      const untilMs = Math.min(cooldown.untilMs, now() + maxMs())
      if (model !== undefined) put(known, model, cooldownClass, { ...cooldown, untilMs })
    }
    store.empty = known.size === 0
    return known
  }

  function makeRoom(): void {
    for (const [model, classes] of cooldowns())
      if (![...classes.values()].some(worthKeeping)) cooldowns().delete(model)
    for (const model of cooldowns().keys()) {
      if (cooldowns().size < MAX_MODELS) break
      cooldowns().delete(model)
    }
  }

  const store = {
    /** A member and no getter: every request reads it. */
    empty: false,
    last: (model: string, cooldownClass: CooldownClass) =>
      cooldowns().get(model)?.get(cooldownClass),
    open(model: string): Cooldown[] {
      const classes = cooldowns().get(model)
      if (!classes) return NONE
      const atMs = now()
      return [...classes.values()].filter(({ untilMs }) => untilMs > atMs)
    },
    any: (model: string) => cooldowns().has(model),
    set(model: string, cooldown: Cooldown): void {
      const cooldownClass = classOf(cooldown.code)
      if (!cooldownClass) return
      if (!cooldowns().has(model) && cooldowns().size >= MAX_MODELS) makeRoom()
      put(cooldowns(), model, cooldownClass, cooldown)
      store.empty = false
      const value = JSON.stringify({ ...cooldown, secret: fingerprint })
      state.put('cooldown', id, new Map([[`${model}\t${STORED[cooldownClass]}`, value]]))
    },
    clear(model: string): void {
      const classes = cooldowns().get(model)
      if (!classes) return
      cooldowns().delete(model)
      store.empty = cooldowns().size === 0
      const gone = [...classes.keys()].map(
        cooldownClass => [`${model}\t${STORED[cooldownClass]}`, ''] as const,
      )
      state.put('cooldown', id, new Map(gone))
    },
    reread(): void {
      known = undefined
      store.empty = false
    },
    entries: () =>
      [...cooldowns()].flatMap(([model, classes]) =>
        [...classes.values()].map((cooldown): [string, Cooldown] => [model, cooldown]),
      ),
  }
  return store
}

function put(
  into: Map<string, ByClass>,
  model: string,
  cooldownClass: CooldownClass,
  cooldown: Cooldown,
): void {
  const classes = into.get(model) ?? new Map()
  into.set(model, classes.set(cooldownClass, cooldown))
}

/** A cooldown belongs to an account, not to the name under which it is declared. */
function parseCooldown(value: string, fingerprint: string): Cooldown | undefined {
  const wire = parsed(value)
  if (!isObject(wire) || wire.secret !== fingerprint) return undefined
  const { sinceMs, untilMs, level, code, guessed, told } = wire
  if (typeof sinceMs !== 'number' || typeof untilMs !== 'number') return undefined
  if (typeof level !== 'number' || typeof code !== 'string') return undefined
  return {
    sinceMs,
    untilMs,
    level,
    code: code as Cooldown['code'],
    guessed: guessed === true,
    told: told === true,
  }
}

/** The state is disposable: what cannot be read counts as never written. */
function parsed(value: string): unknown {
  try {
    return value === '' ? undefined : JSON.parse(value)
  } catch {
    return undefined
  }
}
