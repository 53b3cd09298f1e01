import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { ABILITIES } from '../../conversation/index.ts'
import {
  type Explanation,
  explain as explained,
  type HypotheticalRequest,
} from '../../gateway/explain.ts'
import { parseHypothetical, type RequestOptions } from '../../gateway/hypothetical.ts'
import { codecs } from '../../protocols/index.ts'
import { CLIENTS } from '../../routing/facts.ts'
import type { Context } from '../context.ts'
import { ManagementError } from '../error.ts'

const { Optional } = Type
const text = (description: string) => Type.String({ description })
const words = (description: string) => Type.Array(Type.String(), { description })
/** Also without a value: `?thinking`. */
const flag = Type.Union([Type.Boolean(), Type.Literal('')])

const Line = Optional(Type.Integer())
const Candidate = Type.Object({
  target: Type.String(),
  line: Type.Integer(),
  weight: Type.Number(),
  reasoning: Optional(Type.String()),
  verdict: Type.String(),
  reason: Optional(Type.String()),
  reasonLine: Line,
  credentials: Type.Array(
    Type.Object({ credential: Type.String(), able: Type.Boolean(), reason: Type.String() }),
  ),
})
const ExplanationWire = Type.Unsafe<Explanation>(
  Type.Object(
    {
      asked: Type.String(),
      found: Type.Boolean(),
      rules: Type.Array(Type.Object({ rule: Type.String(), verdict: Type.String(), line: Line })),
      nearest: Type.Array(Type.String()),
      steps: Type.Array(Type.Object({ strategy: Type.String(), targets: Type.Array(Candidate) })),
      passedOver: Type.Array(
        Type.Object({ target: Type.String(), reason: Type.String(), line: Type.Integer() }),
      ),
    },
    {
      description: 'found: whether it leads anywhere; the rules, and who is tried in which order',
    },
  ),
)

export function explain({ gateway: { table, services } }: Context) {
  return new Elysia().get(
    '/explain',
    ({ query: { model, thinking, images, stream, ...written }, request }) => {
      const { searchParams } = new URL(request.url)
      const options = {
        ...written,
        // Elysia splits at commas, which the value of a header may hold.
        header: searchParams.getAll('header'),
        tool: searchParams.getAll('tool'),
        thinking: isOn(thinking),
        images: isOn(images),
        stream: isOn(stream),
      }
      return explained(table, services, model, hypothetical(options))
    },
    {
      detail: {
        summary: 'How a model name resolves, and who would be tried now',
        description: 'The same as `jackfield explain NAME --json`.',
      },
      query: Type.Object({
        model: text('The name a client asks for'),
        client: Optional(text(CLIENTS.join(', '))),
        protocol: Optional(text(codecs.map(({ protocol }) => protocol).join(', '))),
        key: Optional(text('The name of an API key')),
        header: Optional(words('NAME=VALUE; more than once for several')),
        'input-tokens': Optional(text('Such as 200k')),
        tool: Optional(words('More than once for several')),
        hour: Optional(text('0 to 23')),
        needs: Optional(words(ABILITIES.join(', '))),
        thinking: Optional(flag),
        images: Optional(flag),
        stream: Optional(flag),
      }),
      response: { 200: ExplanationWire },
    },
  )
}

function isOn(flag: boolean | '' | undefined): boolean | undefined {
  return flag === '' ? true : flag
}

function hypothetical(options: RequestOptions): HypotheticalRequest {
  try {
    return parseHypothetical(options, condition => condition)
  } catch (error) {
    throw new ManagementError(400, 'invalid_query', error instanceof Error ? error.message : '')
  }
}
