import { type Draft, filled, noteDropped, noteUnneeded } from '../draft.ts'
import { duration, goDurationMs, seconds } from '../durations.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

const STRATEGIES: Record<string, string> = {
  'round-robin': 'round-robin',
  roundrobin: 'round-robin',
  rr: 'round-robin',
  'fill-first': 'fill-first',
  fillfirst: 'fill-first',
  ff: 'fill-first',
  'weighted-round-robin': 'weighted',
  weightedroundrobin: 'weighted',
  wrr: 'weighted',
}
const MAX_ROUNDS = 20

/** Retries, cooldowns, sharing, sessions and keep-alives. */
export function readPolicy(config: TrackedSettings, draft: Draft): void {
  const routing = config.mapping('routing')
  draft.routes.policy = filled({
    'request-retry': readRounds(config, draft),
    'max-retry-interval': secondsOf(config, 'max-retry-interval'),
    strategy: strategyOf(routing, draft),
    'session-affinity': readAffinity(routing, draft),
    cooldown: readCooldown(config, draft),
    keepalive: secondsOf(config.mapping('streaming'), 'keepalive-seconds'),
  })
}

function strategyOf(routing: TrackedSettings, draft: Draft): string | undefined {
  const written = routing.text('strategy')
  const strategy = STRATEGIES[written?.toLowerCase() ?? '']
  if (written && !strategy)
    noteDropped(
      draft,
      routing.path('strategy'),
      'is no strategy that is known; round-robin is used',
    )
  return strategy
}

function readRounds(config: TrackedSettings, draft: Draft): number | undefined {
  const rounds = config.number('request-retry')
  if (rounds === undefined || rounds < 0) return undefined
  if (rounds > MAX_ROUNDS)
    noteDropped(
      draft,
      'request-retry',
      `${rounds} rounds are more than there can be; ${MAX_ROUNDS} are`,
    )
  return Math.min(Math.round(rounds), MAX_ROUNDS)
}

/** Nothing and less is none at all. */
function secondsOf(reading: TrackedSettings, name: string): string | undefined {
  const count = reading.number(name)
  return count === undefined ? undefined : seconds(count)
}

function readAffinity(routing: TrackedSettings, draft: Draft): string | false | undefined {
  const older = routing.flag('claude-code-session-affinity')
  const on = routing.flag('session-affinity') ?? older
  const written = routing.text('session-affinity-ttl')
  if (on === false) return false
  if (!on) return undefined
  const ms = written === undefined ? undefined : goDurationMs(written)
  if (written !== undefined && ms === undefined)
    noteDropped(draft, routing.path('session-affinity-ttl'), 'is no duration; 1h is used')
  return ms === undefined ? '1h' : duration(ms)
}

function readCooldown(config: TrackedSettings, draft: Draft) {
  const transient = config.number('transient-error-cooldown-seconds')
  if (config.flag('save-cooldown-status'))
    noteUnneeded(draft, 'save-cooldown-status', 'cooldowns always outlive a restart')
  // Credentials are still changed after a failure, but none cools down.
  if (config.flag('disable-cooling')) return { transient: '0s', max: '0s' }
  // 0 was the old default of 60 seconds, which is the default here.
  return transient ? { transient: seconds(transient) } : undefined
}
