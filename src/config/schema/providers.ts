import { Type } from '@sinclair/typebox'
import { ABILITIES } from '../../conversation/index.ts'
import { Timeout } from './entries.ts'
import { about, count, filledText, headers, mapping, optionals, proxyUrl, words } from './values.ts'

/** Upstreams: `providers`. */

const OWN_PROXY =
  'http://, https://, socks5:// or socks5h:// and a host; direct: none. Default: that of what it is in, else HTTPS_PROXY'

const Key = Type.Union([
  // Empty after its variable was found unset: the key is then left out, with a warning.
  Type.String(about('The key, best as "${NAME}"')),
  mapping(
    {
      key: Type.String(about('The key, best as "${NAME}"')),
    },
    {
      name: Type.String(about('How this key is called in logs. Default: key-1, key-2, …')),
      weight: Type.Integer({
        minimum: 0,
        ...about('Its share where policy.strategy is weighted', 1),
      }),
      priority: Type.Integer(about('Keys of a higher one are used first', 0)),
      headers: headers(about('Headers of requests with this key; "$name" copies the client’s', {})),
      'proxy-url': proxyUrl(about(OWN_PROXY)),
    },
    about('A key with options'),
  ),
])

const perMillion = (description: string) => Type.Number({ minimum: 0, ...about(description) })

const Price = mapping(
  {
    input: perMillion('USD for a million tokens of prompt'),
    output: perMillion('USD for a million tokens of reply'),
  },
  {
    'cache-read': perMillion(
      'USD for a million tokens read from the cache. Default: that of input',
    ),
    'cache-write': perMillion(
      'USD for a million tokens written into the cache. Default: that of input',
    ),
  },
  about('USD for a million tokens. Default: what the vendor is known to take'),
)

const Levels = Type.Array(
  words(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const, about('A level')),
  about(
    'How much the model can be asked to think; empty: not at all. Default: what is known of it',
  ),
)

const ProviderModel = Type.Union([
  filledText(about('A model, as the upstream calls it')),
  mapping(
    {
      name: filledText(about('As the upstream calls it')),
    },
    {
      alias: filledText(about('As clients call it. Default: its name')),
      context: count(about('Its context window: 200k. Default: what is known of the model')),
      thinking: Levels,
      lacks: Type.Array(
        words(ABILITIES, about('An ability')),
        about(
          'What it cannot take: requests that need it go to the next target. Default: what is known of it',
        ),
      ),
      price: Price,
    },
    about('A model with what is to be known of it'),
  ),
])

const Url = (description: string) =>
  Type.String({
    pattern: '^https?://[^\\s]+$',
    'x-like': 'a URL, such as https://auth.example.com/token',
    ...about(description),
  })

const OAuth = optionals(
  {
    'authorize-url': Url('Where users sign in. Default: the vendor’s'),
    'token-url': Url('Where tokens are issued and refreshed. Default: the vendor’s'),
    'device-url': Url('Where the device flow begins. Default: the vendor’s'),
    'client-id': filledText(about('Default: that of the vendor’s own tool')),
    'client-secret': filledText(about('Best as "${NAME}". Default: none')),
    scopes: Type.Array(Type.String(), about('What is asked for. Default: the vendor’s')),
    'redirect-port': Type.Integer({
      minimum: 1,
      maximum: 65_535,
      ...about('Where the callback comes in. Default: the one that the vendor has registered'),
    }),
  },
  about('Where its accounts sign in, if not at the vendor. Default: the vendor’s'),
)

export const Provider = mapping(
  {
    kind: Type.String({ 'x-kind': true, ...about('The preset: protocol, address, quirks') }),
  },
  {
    'base-url': Type.String(
      about('Where it is, as people write it. Default: the vendor’s own address'),
    ),
    'api-version': Type.String(about('Sent as api-version, as Azure wants it. Default: none')),
    keys: Type.Array(Key, about('Keys of this provider; they share the load. Default: none')),
    accounts: Type.Union(
      [Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }))],
      about(
        'Which signed-in accounts of auth-dir it uses: all, or their e-mails, labels or files. Default: all, for kinds that take accounts',
      ),
    ),
    oauth: OAuth,
    models: Type.Array(
      ProviderModel,
      about('The models it has. Default: those it lists itself, else those its kind knows'),
    ),
    exclude: Type.Array(Type.String(), about('Models that are hidden, * for any run', [])),
    discover: Type.Boolean(
      about(
        'Ask the upstream for its list of models. Default: where it has one and the file gives no models',
      ),
    ),
    prefix: Type.String({
      pattern: '^[^/:\\s]+$',
      'x-like': 'a word without "/" and ":", such as work',
      ...about('Its models are only reached as PREFIX/MODEL. Default: none'),
    }),
    headers: headers(about('Headers of requests to it; "$name" copies the client’s', {})),
    'proxy-url': proxyUrl(about(OWN_PROXY)),
    timeout: Timeout,
    priority: Type.Integer(
      about('Of those that list the same name a higher one is asked first', 0),
    ),
    disabled: Type.Boolean(about('Whether it is switched off', false)),
  },
  about('An upstream'),
)
