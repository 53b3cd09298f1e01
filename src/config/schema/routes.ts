import { type Static, Type } from '@sinclair/typebox'
import { CLIENTS } from '../../routing/facts.ts'
import { edits, Model, Name, When } from './entries.ts'
import { Provider } from './providers.ts'
import { Logging, Policy, RemoteManagement, Server, Usage } from './settings.ts'
import { about, count, filledText, later, mapping, money, optionals, words } from './values.ts'

const Anything = Type.Unknown()

const Limits = optionals(
  {
    'requests-per-minute': Type.Integer({
      minimum: 1,
      ...about('Requests in any 60 seconds, counting tokens included. Default: any number'),
    }),
    'tokens-per-day': count(about('Input and output of a day (UTC): 2M. Default: any number')),
    'cost-per-day': money(about('What a day (UTC) may cost: 5 USD. Default: any amount')),
    'unknown-price': words(
      ['refuse', 'allow'] as const,
      about(
        'With cost-per-day: whether models whose price is unknown may be asked; they are not counted',
        'refuse',
      ),
    ),
  },
  about('What the key may spend. Default: without limits'),
)

const ApiKey = Type.Union([
  filledText(about('A key that clients send, best as "${NAME}"')),
  mapping(
    {
      name: filledText(about('How it is called in logs, limits and conditions')),
      key: filledText(about('The key, or sha256: and its hash')),
    },
    {
      models: Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        ...about('Names that it may ask for, * for any run. Default: all'),
      }),
      limits: Limits,
    },
    about('A key with a name, and what it may do'),
  ),
])

const Rule = optionals({ when: When, ...edits }, about('A change to the requests that match'))

const Test = mapping(
  {
    ask: filledText(about('The name that is asked for')),
    expect: Type.String(about('provider/model, or not-found')),
  },
  {
    client: Type.String({ 'x-words': CLIENTS, ...about('The program that asks', 'other') }),
  },
  about('What a name must lead to'),
)

/** The shape of routes.yaml. What depends on more than one place is checked afterwards. */
export const Routes = mapping(
  {
    version: Type.Literal(1, about('The version of the language')),
    providers: Type.Record(Type.String(), Provider, { minProperties: 1, ...about('Who answers') }),
  },
  {
    models: Type.Record(
      Type.String(),
      Model,
      about('What clients may ask for. Default: what the providers list'),
    ),
    aliases: Type.Record(Type.String(), Name, about('Other names, yielding to real models', {})),
    force: Type.Record(Type.String(), Name, about('Other names, overriding real models', {})),
    policy: Policy,
    server: Server,
    'api-keys': Type.Array(ApiKey, about('Who may call. Default: programs on this machine only')),
    'auth-dir': filledText(
      about('The folder of signed-in accounts; that of CLIProxyAPI will do', '~/.jackfield/auth'),
    ),
    'remote-management': RemoteManagement,
    amp: later(Anything),
    notices: later(Anything),
    shared: later(Anything, ['']),
    usage: Usage,
    logging: Logging,
    rules: Type.Array(Rule, about('Changes to the requests that match, in order', [])),
    tests: Type.Array(Test, about('Run by "jackfield check" and before every reload', [])),
  },
  // Anchors live there.
  { patternProperties: { '^x-': {} } },
)

/** routes.yaml, checked: what the schema demands is there, and nothing that it does not know. */
export type Document = Static<typeof Routes>
export type WhenEntry = Static<typeof When>
/** `default`, `set` and `remove`. */
export type EditsEntry = Omit<Static<typeof Rule>, 'when'>
export type ProviderEntry = NonNullable<Document['providers']>[string]
export type ModelEntry = NonNullable<Document['models']>[string]
export type NameEntry = NonNullable<Document['aliases']>[string]
