import { type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import { ABILITIES } from '../conversation/index.ts'

/**
 * The shape of routes.yaml. Members marked `later` belong to the language but not yet to this
 * version: they are known, so that a typo is a typo, and refused, so that nothing is ignored.
 */
const LATER = 'x-later'

function later(schema: TSchema, harmless: readonly unknown[] = []): TUnsafe<never> {
  return Type.Unsafe<never>({ ...schema, [LATER]: harmless })
}

/** Values of a `later` member that ask for nothing; undefined: the member is there already. */
export function harmlessValues(schema: TSchema): readonly unknown[] | undefined {
  const values: unknown = schema[LATER]
  return Array.isArray(values) ? values : undefined
}

const shut = { additionalProperties: false } as const
const text = (description: string) => Type.String({ description })
const Duration = Type.Union(
  [Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' }), Type.Literal(0)],
  { 'x-value': 'duration', description: 'A duration: 250ms, 30s, 5m, 1h' },
)
const Size = Type.Union([Type.String(), Type.Integer({ minimum: 0 })], {
  'x-value': 'size',
  description: 'A size: 64kB, 10MB',
})
const Count = Type.Union([Type.String(), Type.Integer({ minimum: 0 })], {
  'x-value': 'count',
  description: 'A count: 200k, 2M',
})
const Money = Type.Union([Type.String(), Type.Number({ minimum: 0 })], {
  'x-value': 'money',
  description: 'An amount: 5 USD',
})
const PerMillion = Type.Number({ minimum: 0 })
const Headers = Type.Record(Type.String(), Type.String(), {
  description: 'Header name to value; "$name" copies the client\'s header',
})
const ProxyUrl = Type.String({
  'x-value': 'proxy',
  description: 'http://, https://, socks5:// or socks5h://; direct: none',
})
const Levels = Type.Array(
  Type.Union([
    Type.Literal('none'),
    Type.Literal('minimal'),
    Type.Literal('low'),
    Type.Literal('medium'),
    Type.Literal('high'),
    Type.Literal('xhigh'),
    Type.Literal('max'),
  ]),
  { description: 'How much the model can be asked to think; empty: not at all' },
)
const OneOrMore = Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })])
const When = Type.Object(
  {
    client: Type.Optional(OneOrMore),
    protocol: Type.Optional(OneOrMore),
    key: Type.Optional(OneOrMore),
    model: Type.Optional(OneOrMore),
    header: Type.Optional(Type.Record(Type.String(), Type.String())),
    'input-tokens': Type.Optional(Type.String()),
    thinking: Type.Optional(Type.Boolean()),
    images: Type.Optional(Type.Boolean()),
    stream: Type.Optional(Type.Boolean()),
    tools: Type.Optional(OneOrMore),
    hour: Type.Optional(Type.Union([Type.String(), Type.Integer({ minimum: 0, maximum: 23 })])),
  },
  { ...shut, description: 'All must hold; a list means any of its words' },
)
const Anything = Type.Unknown()
const strategies = [
  Type.Literal('round-robin'),
  Type.Literal('fill-first'),
  Type.Literal('weighted'),
] as const
const Strategy = Type.Union([...strategies, Type.Literal('least-latency')])

const Timeout = Type.Object(
  {
    connect: Type.Optional(Duration),
    'first-byte': Type.Optional(Duration),
    idle: Type.Optional(Duration),
    total: Type.Optional(Duration),
  },
  shut,
)

const Key = Type.Union([
  // Empty after its variable was found unset: the key is then left out, with a warning.
  Type.String(),
  Type.Object(
    {
      key: Type.String(),
      name: Type.Optional(text('How this credential is named in logs')),
      weight: Type.Optional(Type.Integer({ minimum: 0 })),
      priority: Type.Optional(Type.Integer()),
      headers: Type.Optional(Headers),
      'proxy-url': Type.Optional(ProxyUrl),
    },
    shut,
  ),
])

const ProviderModel = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      alias: Type.Optional(Type.String({ minLength: 1 })),
      context: Type.Optional(Count),
      thinking: Type.Optional(Levels),
      lacks: Type.Optional(
        Type.Array(Type.Union(ABILITIES.map(ability => Type.Literal(ability))), {
          description: 'What it cannot take: requests that need it go to the next target',
        }),
      ),
      price: Type.Optional(
        Type.Object(
          {
            input: PerMillion,
            output: PerMillion,
            'cache-read': Type.Optional(PerMillion),
            'cache-write': Type.Optional(PerMillion),
          },
          { ...shut, description: 'USD for a million tokens' },
        ),
      ),
    },
    shut,
  ),
])

const Provider = Type.Object(
  {
    kind: text('The preset: protocol, address, quirks'),
    'base-url': Type.Optional(Type.String()),
    'api-version': Type.Optional(Type.String()),
    keys: Type.Optional(Type.Array(Key)),
    accounts: Type.Optional(later(Anything)),
    oauth: Type.Optional(later(Anything)),
    models: Type.Optional(Type.Array(ProviderModel)),
    exclude: Type.Optional(Type.Array(Type.String())),
    discover: Type.Optional(
      Type.Boolean({
        description:
          'Ask the upstream for its list of models. Default: where it has one and the file gives no models',
      }),
    ),
    prefix: Type.Optional(
      Type.String({
        pattern: '^[^/:\\s]+$',
        'x-like': 'a word without "/" and ":", such as work',
        description: 'Its models are only reached as PREFIX/MODEL',
      }),
    ),
    headers: Type.Optional(Headers),
    'proxy-url': Type.Optional(ProxyUrl),
    timeout: Type.Optional(Timeout),
    priority: Type.Optional(Type.Integer()),
    disabled: Type.Optional(Type.Boolean()),
  },
  shut,
)

const Member = Type.Object(
  {
    target: Type.String({ minLength: 1 }),
    weight: Type.Optional(Type.Integer({ minimum: 0 })),
    timeout: Type.Optional(Timeout),
  },
  shut,
)
const Single = Type.Union([Type.String({ minLength: 1 }), Member])
const Pool = Type.Array(Single, { minItems: 1 })

/** Steps may hold steps; nobody needs more of that than this. */
const DEEPEST_STEP = 3

function listOf(depth: number): TSchema {
  const to = depth === 0 ? [] : [stepOf(depth - 1)]
  return Type.Array(Type.Union([Type.String({ minLength: 1 }), Member, Pool, ...to]), {
    minItems: 1,
  })
}

function stepOf(depth: number): TSchema {
  return Type.Object(
    {
      when: Type.Optional(When),
      to: Type.Union([Type.String({ minLength: 1 }), Member, listOf(depth)]),
    },
    shut,
  )
}

/** Read by `names.ts`: types that hold themselves are beyond `Static`. */
const List = Type.Unsafe<unknown[]>(listOf(DEEPEST_STEP))
const edits = {
  default: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'Request parameters the client did not set, by path',
    }),
  ),
  set: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: 'Request parameters, by path' }),
  ),
  remove: Type.Optional(OneOrMore),
}
const Model = Type.Union([
  Type.String({ minLength: 1 }),
  List,
  Type.Object(
    {
      to: Type.Union([Type.String({ minLength: 1 }), List]),
      description: Type.Optional(text('Shown in model lists')),
      context: Type.Optional(Count),
      'report-model': Type.Optional(Type.Union([Type.Literal('asked'), Type.Literal('served')])),
      strategy: Type.Optional(Strategy),
      ...edits,
    },
    shut,
  ),
])
const Name = Type.Union([
  Type.String({ minLength: 1 }),
  List,
  Type.Object(
    {
      to: Type.Union([Type.String({ minLength: 1 }), List]),
      when: Type.Optional(When),
      'report-model': Type.Optional(Type.Union([Type.Literal('asked'), Type.Literal('served')])),
      strategy: Type.Optional(Strategy),
    },
    shut,
  ),
])

const ApiKey = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      key: Type.String({ minLength: 1, description: 'The key, or sha256: and its hash' }),
      models: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
      limits: Type.Optional(
        Type.Object(
          {
            'requests-per-minute': Type.Optional(
              Type.Integer({
                minimum: 1,
                description: 'Requests in any 60 seconds, counting tokens included',
              }),
            ),
            'tokens-per-day': Type.Optional(Count),
            'cost-per-day': Type.Optional(Money),
            'unknown-price': Type.Optional(
              Type.Union([Type.Literal('refuse'), Type.Literal('allow')], {
                description:
                  'With cost-per-day: whether models whose price is unknown may be asked; they are not counted. Default: refuse',
              }),
            ),
          },
          shut,
        ),
      ),
    },
    shut,
  ),
])

export const Routes = Type.Object(
  {
    version: Type.Literal(1),
    providers: Type.Record(Type.String(), Provider, {
      minProperties: 1,
      description: 'Who answers',
    }),
    models: Type.Optional(
      Type.Record(Type.String(), Model, { description: 'What clients may ask for' }),
    ),
    aliases: Type.Optional(
      Type.Record(Type.String(), Name, { description: 'Other names, yielding to real models' }),
    ),
    force: Type.Optional(
      Type.Record(Type.String(), Name, { description: 'Other names, overriding real models' }),
    ),
    policy: Type.Optional(
      Type.Object(
        {
          'request-retry': Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
          'max-retry-interval': Type.Optional(Duration),
          strategy: Type.Optional(
            Type.Union([...strategies, later(Type.Literal('soonest-reset'))]),
          ),
          'session-affinity': Type.Optional(
            Type.Unknown({
              'x-value': 'duration-or-off',
              description: 'How long a conversation stays where it was served: 1h, or false',
            }),
          ),
          cooldown: Type.Optional(
            Type.Object(
              {
                quota: Type.Optional(Type.Literal('upstream')),
                transient: Type.Optional(Duration),
                max: Type.Optional(Duration),
              },
              shut,
            ),
          ),
          'quota-exceeded': Type.Optional(
            Type.Object(
              {
                'switch-project': Type.Optional(Type.Boolean()),
                'switch-preview-model': Type.Optional(Type.Boolean()),
              },
              {
                ...shut,
                description: 'Known for files that were taken over; has no effect on keys',
              },
            ),
          ),
          keepalive: Type.Optional(Duration),
          'waiting-room': Type.Optional(
            Type.Unknown({
              'x-value': 'duration-or-off',
              description: 'How long a request waits while everybody rests: 2m; false: not at all',
            }),
          ),
        },
        shut,
      ),
    ),
    server: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Type.String({ minLength: 1 })),
          port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
          tls: Type.Optional(Type.Object({ cert: Type.String(), key: Type.String() }, shut)),
          'proxy-url': Type.Optional(ProxyUrl),
          'body-limit': Type.Optional(Size),
          'reply-limit': Type.Optional(Size),
          'shutdown-grace': Type.Optional(Duration),
          workers: Type.Optional(later(Anything, [1])),
          'open-to-all': Type.Optional(
            Type.Boolean({
              description: 'Without api-keys let everybody in who reaches the listener',
            }),
          ),
          origins: Type.Optional(
            Type.Array(
              Type.String({
                pattern: '^[a-z][a-z0-9+.-]*://[^/\\s?#]+$',
                'x-like': 'scheme://host, such as http://localhost:3000',
              }),
              { description: 'Web pages that may call, by origin: http://localhost:3000' },
            ),
          ),
        },
        shut,
      ),
    ),
    'api-keys': Type.Optional(
      Type.Array(ApiKey, { description: 'Who may call; none: programs on this machine only' }),
    ),
    'auth-dir': Type.Optional(later(Type.String())),
    'remote-management': Type.Optional(
      Type.Object(
        {
          'allow-remote': Type.Optional(
            Type.Boolean({ description: 'Whether other machines may use the management API' }),
          ),
          'secret-key': Type.Optional(
            text(
              'Opens the management API: the secret, sha256: and its hash, or bcrypt; none: shut',
            ),
          ),
          'disable-control-panel': Type.Optional(Type.Boolean()),
        },
        shut,
      ),
    ),
    amp: Type.Optional(later(Anything)),
    notices: Type.Optional(later(Anything)),
    shared: Type.Optional(later(Anything, [''])),
    usage: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(Type.Boolean()),
          keep: Type.Optional(Duration),
        },
        { ...shut, description: 'Counts what is used, hour by hour; see "jackfield usage"' },
      ),
    ),
    logging: Type.Optional(
      Type.Object(
        {
          level: Type.Optional(
            Type.Union([
              Type.Literal('debug'),
              Type.Literal('info'),
              Type.Literal('warn'),
              Type.Literal('error'),
            ]),
          ),
          file: Type.Optional(
            Type.Union([Type.Boolean(), Type.String({ minLength: 1 })], {
              description: 'Where the log goes as well; true: ~/.jackfield/logs/jackfield.log',
            }),
          ),
          requests: Type.Optional(
            Type.Union(
              [
                Type.Literal('off'),
                Type.Literal('errors'),
                Type.Literal('all'),
                Type.Literal(false),
              ],
              { description: 'Which requests are written to files of their own, secrets left out' },
            ),
          ),
        },
        shut,
      ),
    ),
    rules: Type.Optional(
      Type.Array(Type.Object({ when: Type.Optional(When), ...edits }, shut), {
        description: 'Changes to the requests that match, in order',
      }),
    ),
    tests: Type.Optional(
      Type.Array(
        Type.Object(
          {
            ask: Type.String({ minLength: 1 }),
            expect: text('provider/model, or not-found'),
            client: Type.Optional(Type.String()),
          },
          shut,
        ),
      ),
    ),
  },
  // Anchors live there.
  { ...shut, patternProperties: { '^x-': {} } },
)

/** The JSON Schema of routes.yaml, for editors. */
export function jsonSchema(): Record<string, unknown> {
  const plain: unknown = JSON.parse(JSON.stringify(Routes))
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://jackfield.dev/routes.schema.json',
    title: 'jackfield routes.yaml',
    ...(plain as Record<string, unknown>),
  }
}
