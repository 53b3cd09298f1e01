import { type CooldownClass, ERROR_POLICY } from '../lib/error-policy.ts'
import type { ErrorCode } from '../lib/errors.ts'
import { isObject } from '../lib/json/json.ts'
import type { Kept } from '../store/cache.ts'
import type { Cooldown } from './cooldown.ts'
import type { CredentialSpec } from './credential.ts'

/**
 * What one credential rests from, by model and by class of error; survives a restart. What is long
 * over is forgotten.
 */
export interface Rests {
  /** The last one of a class, over or not. */
  last(model: string, of: CooldownClass): Cooldown | undefined
  /** Those that are not over. */
  open(model: string): Cooldown[]
  /** Whether there was one since the last success. */
  any(model: string): boolean
  set(model: string, rest: Cooldown): void
  /** Forgets the rests from a model, also the level that they had reached. */
  clear(model: string): void
  entries(): [model: string, rest: Cooldown][]
}

const NONE: Cooldown[] = []

/** Models are the clients' words, so their number must stay bounded. */
const MOST_MODELS = 1_000

export type RestsOptions = {
  now(): number
  kept: Kept
  /** The longest rest, ms; one that ended longer ago than this says nothing any more. */
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

export function createRests(spec: CredentialSpec, { now, kept, maxMs }: RestsOptions): Rests {
  // A rest belongs to a secret, not to the name under which it is declared.
  const secret = new Bun.CryptoHasher('sha256').update(spec.secret).digest('hex').slice(0, 16)
  let known: Map<string, ByClass> | undefined

  const worthKeeping = (rest: Cooldown): boolean => rest.untilMs + maxMs() > now()

  function rests(): Map<string, ByClass> {
    if (known) return known
    known = new Map()
    const values = kept.get('cooldown', spec.id, kept.list('cooldown', spec.id))
    for (const [key, value] of values) {
      const rest = restIn(value, secret)
      const of = rest && classOf(rest.code)
      if (!rest || !of || !worthKeeping(rest)) continue
      const suffix = `\t${STORED[of]}`
      const model = key.endsWith(suffix) ? key.slice(0, -suffix.length) : undefined
      // A clock that went back, or a shorter limit in the file, must not make a rest endless.
      const untilMs = Math.min(rest.untilMs, now() + maxMs())
      if (model !== undefined) put(known, model, of, { ...rest, untilMs })
    }
    return known
  }

  function put(into: Map<string, ByClass>, model: string, of: CooldownClass, rest: Cooldown): void {
    const classes = into.get(model) ?? new Map()
    into.set(model, classes.set(of, rest))
  }

  function makeRoom(): void {
    for (const [model, classes] of rests())
      if (![...classes.values()].some(worthKeeping)) rests().delete(model)
    for (const model of rests().keys()) {
      if (rests().size < MOST_MODELS) break
      rests().delete(model)
    }
  }

  return {
    last: (model, of) => rests().get(model)?.get(of),
    open(model) {
      const classes = rests().get(model)
      if (!classes) return NONE
      const atMs = now()
      return [...classes.values()].filter(({ untilMs }) => untilMs > atMs)
    },
    any: model => rests().has(model),
    set(model, rest) {
      const of = classOf(rest.code)
      if (!of) return
      if (!rests().has(model) && rests().size >= MOST_MODELS) makeRoom()
      put(rests(), model, of, rest)
      const value = JSON.stringify({ ...rest, secret })
      kept.put('cooldown', spec.id, new Map([[`${model}\t${STORED[of]}`, value]]))
    },
    clear(model) {
      const classes = rests().get(model)
      if (!classes) return
      rests().delete(model)
      const gone = [...classes.keys()].map(of => [`${model}\t${STORED[of]}`, ''] as const)
      kept.put('cooldown', spec.id, new Map(gone))
    },
    entries: () =>
      [...rests()].flatMap(([model, classes]) =>
        [...classes.values()].map((rest): [string, Cooldown] => [model, rest]),
      ),
  }
}

function restIn(value: string, secret: string): Cooldown | undefined {
  const wire = parsed(value)
  if (!isObject(wire) || wire.secret !== secret) return undefined
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

/** A file of kept things is disposable: what cannot be read was never kept. */
function parsed(value: string): unknown {
  try {
    return value === '' ? undefined : JSON.parse(value)
  } catch {
    return undefined
  }
}
