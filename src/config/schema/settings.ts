import { Type } from '@sinclair/typebox'
import {
  about,
  duration,
  durationOrOff,
  later,
  optionals,
  proxyUrl,
  shut,
  size,
  words,
} from './values.ts'

/** How the gateway itself works: `policy`, `server`, `logging`, `usage`, `remote-management`. */

const Anything = Type.Unknown()

export const Policy = optionals(
  {
    'request-retry': Type.Integer({
      minimum: 0,
      maximum: 20,
      ...about(
        'Further rounds over all credentials after 403, 408, 429, 5xx and network errors',
        3,
      ),
    }),
    'max-retry-interval': duration(about('The longest wait between rounds', '30s')),
    strategy: Type.Union(
      [
        Type.Literal('round-robin'),
        Type.Literal('fill-first'),
        Type.Literal('weighted'),
        later(Type.Literal('soonest-reset')),
      ],
      about('How the keys of one provider share the load', 'round-robin'),
    ),
    'session-affinity': durationOrOff(
      about('How long a conversation stays where it was served: 1h, or false', '1h'),
    ),
    cooldown: optionals(
      {
        quota: Type.Literal(
          'upstream',
          about('After a 429: as long as the upstream says', 'upstream'),
        ),
        transient: duration(about('After an error that may pass', '60s')),
        max: duration(about('The longest one', '30m')),
      },
      about('How long a key is left alone. Default: each as given below'),
    ),
    'quota-exceeded': optionals(
      {
        'switch-project': Type.Boolean(about('Has no effect on keys', false)),
        'switch-preview-model': Type.Boolean(about('Has no effect on keys', false)),
      },
      about('Known for files that were taken over; has no effect on keys. Default: none'),
    ),
    keepalive: duration(
      about('How often a keep-alive goes to the client while the upstream is silent', '15s'),
    ),
    'waiting-room': durationOrOff(
      about(
        'How long a request waits while every credential cools down: 2m; false: it is refused at once',
        false,
      ),
    ),
  },
  about('How to retry and to share the load. Default: each as given below'),
)

export const Server = optionals(
  {
    host: Type.String({
      minLength: 1,
      ...about('Where to listen; 0.0.0.0: for other machines too', '127.0.0.1'),
    }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, ...about('0: any that is free', 8_317) }),
    tls: Type.Object(
      {
        cert: Type.String(about('The path of a PEM file, beside routes.yaml')),
        key: Type.String(about('The path of a PEM file, beside routes.yaml')),
      },
      { ...shut, ...about('Listens with TLS. Default: without') },
    ),
    'proxy-url': proxyUrl(
      about(
        'How providers are reached: http://, https://, socks5:// or socks5h:// and a host; direct: without. Default: HTTP_PROXY and HTTPS_PROXY',
      ),
    ),
    'body-limit': size(about('The largest request', '64MB')),
    'reply-limit': size(about('The largest reply that is collected', '64MB')),
    'shutdown-grace': duration(about('How long running requests may go on when it stops', '30s')),
    workers: later(Anything, [1]),
    'open-to-all': Type.Boolean(about('Without api-keys admit all who reach the listener', false)),
    origins: Type.Array(
      Type.String({
        pattern: '^[a-z][a-z0-9+.-]*://[^/\\s?#]+$',
        'x-like': 'scheme://host, such as http://localhost:3000',
        ...about('An origin'),
      }),
      about('Web pages that may call, by origin: http://localhost:3000', []),
    ),
  },
  about('Where to listen, and for whom. Default: each as given below'),
)

export const RemoteManagement = optionals(
  {
    'allow-remote': Type.Boolean(about('Whether other machines may use the management API', false)),
    'secret-key': Type.String(
      about('Opens the management API: the secret, sha256: and its hash, or bcrypt', ''),
    ),
    'disable-control-panel': Type.Boolean(about('Whether the management page is left out', false)),
  },
  about('The management API. Default: shut'),
)

export const Usage = optionals(
  {
    enabled: Type.Boolean(about('Whether it is counted', true)),
    keep: duration(about('How long it is kept', '90d')),
  },
  about('Counts what is used, hour by hour; see "jackfield usage". Default: each as given below'),
)

export const Logging = optionals(
  {
    level: words(
      ['debug', 'info', 'warn', 'error'] as const,
      about('The least that is logged', 'info'),
    ),
    file: Type.Union(
      [Type.Boolean(), Type.String({ minLength: 1 })],
      about('Where the log goes as well; true: ~/.jackfield/logs/jackfield.log', false),
    ),
    requests: Type.Union(
      [Type.Literal('off'), Type.Literal('errors'), Type.Literal('all'), Type.Literal(false)],
      about('Which requests are written to files of their own, secrets left out', 'off'),
    ),
  },
  about('What is logged, and where. Default: each as given below'),
)
