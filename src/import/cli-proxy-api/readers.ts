import { goDurationMs } from '../../lib/go-duration.ts'
import { filled } from '../draft.ts'
import { duration } from '../durations.ts'
import { filePath } from '../paths.ts'
import { MAX_ROUNDS, on, type Read } from '../rows.ts'
import { proxyOf } from '../service-catalogue.ts'

/** Only a switch that is off has a value. */
export const off: Read = (settings, name) => (settings.flag(name) === false ? false : undefined)

/** A switch that is on, or a text. */
export const onOrText: Read = (settings, name, importing) =>
  settings.flag(name) === undefined ? settings.text(name) : on(settings, name, importing)

/** Undefined, with a note: a proxy of a sort that is not known here. */
export const proxy: Read = (settings, name, { draft }) => {
  const written = settings.text(name)
  const usable = written && proxyOf(written)
  if (written && !usable)
    draft.noteDropped(
      settings.path(name),
      'is no http, https, socks5 or socks5h address; write proxy-url by hand',
    )
  return usable
}

/** Certificate and key, where TLS is on. */
export const tls: Read = (settings, name, { services }) => {
  const members = settings.mapping(name)
  const [cert, key] = [members.text('cert'), members.text('key')]
  if (!members.flag('enable')) return undefined
  return filled({ cert: cert && filePath(cert, services), key: key && filePath(key, services) })
}

/** `request-retry`. A negative number was the default. */
export const rounds: Read = (settings, name, { draft }) => {
  const count = settings.number(name)
  if (count === undefined || count < 0) return undefined
  if (count > MAX_ROUNDS)
    draft.noteDropped(name, `${count} rounds are more than there can be; ${MAX_ROUNDS} are`)
  return Math.min(Math.round(count), MAX_ROUNDS)
}

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

export const strategy: Read = (settings, name, { draft }) => {
  const written = settings.text(name)
  const known = STRATEGIES[written?.toLowerCase() ?? '']
  if (written && !known)
    draft.noteDropped(settings.path(name), 'is no strategy that is known; round-robin is used')
  return known
}

/** `session-affinity` and its time to live, under `routing`. */
export const affinity: Read = (routing, name, { draft }) => {
  const older = routing.flag('claude-code-session-affinity')
  const isOn = routing.flag(name) ?? older
  const written = routing.text('session-affinity-ttl')
  if (isOn === false) return false
  if (!isOn) return undefined
  const ms = written === undefined ? undefined : goDurationMs(written)
  if (written !== undefined && ms === undefined)
    draft.noteDropped(routing.path('session-affinity-ttl'), 'is no duration; 1h is used')
  return ms === undefined ? '1h' : duration(ms)
}
