import { missing, nonZero, number, on, type Row, secondsCount, switchTo, text } from '../rows.ts'
import { isSupported } from '../supported-settings.ts'
import { affinity, off, onOrText, proxy, rounds, strategy, tls } from './readers.ts'

/** `host`, `port`, `tls`, `proxy-url`. */
export const SERVER: readonly Row[] = [
  { from: 'host', to: 'server.host', read: text },
  { from: 'port', to: 'server.port', read: number },
  { from: 'proxy-url', to: 'server.proxy-url', read: proxy },
  { from: 'tls', to: 'server.tls', read: tls },
  {
    from: 'host',
    read: missing,
    dropped:
      'it listened on all interfaces; here only this machine can call, until you write server.host: 0.0.0.0',
  },
]

/** Callers, retries, cooldowns, sharing, sessions and keep-alives. */
export const POLICY: readonly Row[] = [
  {
    from: 'allow-localhost-unauthenticated',
    read: on,
    dropped:
      'where there are api-keys, programs on this machine need one too; give them one of their own',
  },
  { from: 'request-retry', to: 'policy.request-retry', read: rounds },
  { from: 'max-retry-interval', to: 'policy.max-retry-interval', read: secondsCount },
  { from: 'routing.strategy', to: 'policy.strategy', read: strategy },
  { from: 'routing.session-affinity', to: 'policy.session-affinity', read: affinity },
  // 0 was the old default of 60 seconds, which is the default here.
  {
    from: 'transient-error-cooldown-seconds',
    to: 'policy.cooldown.transient',
    read: (settings, name, importing) =>
      nonZero(settings, name, importing) && secondsCount(settings, name, importing),
  },
  {
    from: 'save-cooldown-status',
    read: on,
    unneeded: 'cooldowns always outlive a restart',
  },
  // Credentials are still changed after a failure, but none cools down.
  {
    from: 'disable-cooling',
    to: 'policy.cooldown',
    read: switchTo({ transient: '0s', max: '0s' }),
  },
  { from: 'streaming.keepalive-seconds', to: 'policy.keepalive', read: secondsCount },
]

/** Where the relay to Amp goes, once this version has one. */
const relay = (name: string): Row => ({
  from: [`ampcode.${name}`, `amp-${name}`],
  read: onOrText,
  ...(isSupported('amp')
    ? { to: `amp.${name}` }
    : {
        dropped:
          'the relay to Amp, and its paths under /api/provider, come with a later version; import again then, or write it by hand',
      }),
})

/** The management API, logs and usage; and Amp's relay, as far as this version takes it. */
export const MANAGEMENT: readonly Row[] = [
  { from: 'remote-management.allow-remote', to: 'remote-management.allow-remote', read: on },
  // As it is, or the hash that was put in its place.
  { from: 'remote-management.secret-key', to: 'remote-management.secret-key', read: text },
  {
    from: 'remote-management.disable-control-panel',
    to: 'remote-management.disable-control-panel',
    read: on,
  },
  { from: 'debug', to: 'logging.level', read: switchTo('debug') },
  { from: 'logging-to-file', to: 'logging.file', read: on },
  { from: 'request-log', to: 'logging.requests', read: switchTo('all') },
  { from: 'usage-statistics-enabled', to: 'usage.enabled', read: off },
  {
    from: ['logs-max-total-size-mb', 'error-logs-max-files'],
    read: nonZero,
    unneeded: 'logs are not counted or cut by such a number',
  },
  relay('upstream-url'),
  relay('upstream-api-key'),
  relay('restrict-management-to-localhost'),
]
