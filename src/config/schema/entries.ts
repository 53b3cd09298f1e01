import { type TSchema, Type } from '@sinclair/typebox'
import { PROTOCOLS } from '../../conversation/index.ts'
import { CLIENTS } from '../../routing/facts.ts'
import {
  about,
  called,
  count,
  duration,
  filledText,
  mapping,
  oneOrMore,
  optionals,
  shut,
  words,
  wordsOrMore,
} from './values.ts'

/** What clients may ask for: `models`, `aliases`, `force`, and conditions and changes of requests. */

export const When = optionals(
  {
    client: wordsOrMore(
      CLIENTS,
      about('The program that asks, known by its headers. Default: any'),
    ),
    protocol: wordsOrMore(PROTOCOLS, about('The protocol in which it asks. Default: any')),
    key: oneOrMore(about('The name of the API key that is used; local without keys. Default: any')),
    model: oneOrMore(about('The name that is asked for, * for any run. Default: any')),
    header: Type.Record(
      Type.String(),
      Type.String(),
      about('Headers of the request by name, * for any run. Default: any'),
    ),
    'input-tokens': Type.String(
      about('How long the prompt is, such as ">180k" or "<=4k". Default: any'),
    ),
    thinking: Type.Boolean(about('Whether the request asks the model to think. Default: either')),
    images: Type.Boolean(about('Whether the request has pictures in it. Default: either')),
    stream: Type.Boolean(about('Whether the reply is to be streamed. Default: either')),
    tools: oneOrMore(
      about('A tool that the request offers, by name or type, * for any run. Default: any'),
    ),
    hour: Type.Union(
      [Type.String(), Type.Integer({ minimum: 0, maximum: 23 })],
      about('The hour of the day where the gateway runs, such as "22-6". Default: any'),
    ),
  },
  { ...called('when'), ...about('All must hold; a list means any of its words. Default: always') },
)

export const Timeout = optionals(
  {
    connect: duration(about('Until the connection stands', '10s')),
    'first-byte': duration(about('Until the upstream begins to answer', '5m')),
    idle: duration(about('The longest silence in an answer', '2m')),
    total: duration(about('The whole answer; 0: as long as it takes', 0)),
  },
  {
    ...called('timeout'),
    ...about('How long to wait for an upstream. Default: each as given below'),
  },
)

/** `provider/model`, perhaps with a level, or the name of another entry. */
const target = () =>
  filledText(about('provider/model, or the name of another entry; (high) behind it: how to think'))

const Member = mapping(
  { target: target() },
  {
    weight: Type.Integer({
      minimum: 0,
      ...about('Its share in a pool whose strategy is weighted', 1),
    }),
    timeout: Timeout,
  },
  { ...called('member'), ...about('A target with options') },
)
const Single = Type.Union([target(), Member])
const Pool = Type.Array(Single, {
  minItems: 1,
  ...called('pool'),
  ...about('These share the load'),
})

/** Steps may hold steps, so many levels deep. */
const DEEPEST_STEP = 3

function listOf(depth: number): TSchema {
  const to = depth === 0 ? [] : [stepOf(depth - 1)]
  return Type.Array(Type.Union([target(), Member, Pool, ...to]), {
    minItems: 1,
    ...called(`list-${depth}`),
    ...about('Tried in order; a list in the list shares the load'),
  })
}

function stepOf(depth: number): TSchema {
  return Type.Object(
    {
      when: Type.Optional(When),
      to: Type.Union([target(), Member, listOf(depth)], about('Who answers in this step')),
    },
    {
      ...shut,
      ...called(`step-${depth}`),
      ...about('A step that is left out unless its condition holds'),
    },
  )
}

/** Read by `sections/entries.ts`: types that hold themselves are beyond `Static`. */
const List = Type.Unsafe<unknown[]>(listOf(DEEPEST_STEP))

const to = () => Type.Union([target(), List], about('Who answers: a target, or a list of them'))
const reportModel = words(
  ['asked', 'served'] as const,
  about('Which name replies carry: the client’s, or that of the model which answered', 'asked'),
)
const strategy = words(
  ['round-robin', 'fill-first', 'weighted', 'least-latency'] as const,
  about('How the members of its pools share the load', 'round-robin'),
)

/** Changes to a request, by path in the client’s own protocol. */
export const edits = {
  default: Type.Record(
    Type.String(),
    Type.Unknown(),
    about('Request parameters that are set where the client did not, by path. Default: none'),
  ),
  set: Type.Record(
    Type.String(),
    Type.Unknown(),
    about('Request parameters that are always set, by path. Default: none'),
  ),
  remove: oneOrMore(about('Request parameters that are taken out, by path. Default: none')),
}

export const Model = Type.Union([
  target(),
  List,
  mapping(
    { to: to() },
    {
      description: Type.String(about('Shown in model lists. Default: none')),
      context: count(
        about('The context window that clients see: 200k. Default: that of its targets'),
      ),
      'report-model': reportModel,
      strategy,
      ...edits,
    },
    about('A model with options'),
  ),
])

export const Name = Type.Union([
  target(),
  List,
  mapping(
    { to: to() },
    { when: When, 'report-model': reportModel, strategy },
    about('A name with options'),
  ),
])
