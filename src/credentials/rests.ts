import { isObject } from '../lib/json.ts'
import type { Kept } from '../store/kept.ts'
import type { Cooldown } from './cooldown.ts'
import type { CredentialSpec } from './spec.ts'

/** What one credential rests from, by model; survives a restart. What is long over is forgotten. */
export interface Rests {
  get(model: string): Cooldown | undefined
  set(model: string, rest: Cooldown): void
  /** Forgets a rest, also the level that it had reached. */
  clear(model: string): void
  entries(): Iterable<[string, Cooldown]>
}

/** Models are the clients' words, so their number must stay bounded. */
const MOST_MODELS = 1_000

export type RestsOptions = {
  now(): number
  kept: Kept
  /** The longest rest, ms; one that ended longer ago than this says nothing any more. */
  maxMs(): number
}

export function createRests(spec: CredentialSpec, { now, kept, maxMs }: RestsOptions): Rests {
  // A rest belongs to a secret, not to the name under which it is declared.
  const secret = new Bun.CryptoHasher('sha256').update(spec.secret).digest('hex').slice(0, 16)
  let known: Map<string, Cooldown> | undefined

  const worthKeeping = (rest: Cooldown): boolean => rest.untilMs + maxMs() > now()

  function rests(): Map<string, Cooldown> {
    if (known) return known
    known = new Map()
    const values = kept.get('cooldown', spec.id, kept.list('cooldown', spec.id))
    for (const [model, value] of values) {
      const rest = restIn(value, secret)
      if (!rest || !worthKeeping(rest)) continue
      // A clock that went back, or a shorter limit in the file, must not make a rest endless.
      known.set(model, { ...rest, untilMs: Math.min(rest.untilMs, now() + maxMs()) })
    }
    return known
  }

  function makeRoom(): void {
    for (const [model, rest] of rests()) if (!worthKeeping(rest)) rests().delete(model)
    for (const model of rests().keys()) {
      if (rests().size < MOST_MODELS) break
      rests().delete(model)
    }
  }

  return {
    get: model => rests().get(model),
    set(model, rest) {
      if (!rests().has(model) && rests().size >= MOST_MODELS) makeRoom()
      rests().set(model, rest)
      kept.put('cooldown', spec.id, new Map([[model, JSON.stringify({ ...rest, secret })]]))
    },
    clear(model) {
      if (rests().delete(model)) kept.put('cooldown', spec.id, new Map([[model, '']]))
    },
    entries: () => rests(),
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
