import { Type } from '@sinclair/typebox'
import { ABILITIES } from '../../conversation/index.ts'
import { explain as explained, type HypotheticalRequest } from '../../gateway/explain.ts'
import { parseHypothetical, type RequestOptions } from '../../gateway/hypothetical.ts'
import { codecs } from '../../protocols/index.ts'
import { CLIENTS } from '../../routing/facts.ts'
import { endpoint } from '../endpoint.ts'
import { json, ManagementError } from '../reply.ts'

const { Optional } = Type
const said = (description: string) => Type.String({ description })
const words = (description: string) => Type.Array(Type.String(), { description })

export const explain = [
  endpoint({
    method: 'GET',
    path: '/explain',
    summary: 'How a model name resolves, and who would be tried now',
    description: 'The same as `jackfield explain NAME --json`.',
    query: Type.Object({
      model: said('The name a client asks for'),
      client: Optional(said(CLIENTS.join(', '))),
      protocol: Optional(said(codecs.map(({ protocol }) => protocol).join(', '))),
      key: Optional(said('The name of an API key')),
      header: Optional(words('NAME=VALUE; more than once for several')),
      'input-tokens': Optional(said('Such as 200k')),
      tool: Optional(words('More than once for several')),
      hour: Optional(said('0 to 23')),
      needs: Optional(words(ABILITIES.join(', '))),
      thinking: Optional(Type.Boolean()),
      images: Optional(Type.Boolean()),
      stream: Optional(Type.Boolean()),
    }),
    answers: {
      200: 'found: whether it leads anywhere; the rules, and who is tried in which order',
    },
    async answer({ query: { model, ...written } }, { gateway: { table, services } }) {
      return json(await explained(table, services, model, supposed(written)))
    },
  }),
]

function supposed(written: RequestOptions): HypotheticalRequest {
  try {
    return parseHypothetical(written, condition => condition)
  } catch (error) {
    throw new ManagementError(400, 'invalid_query', error instanceof Error ? error.message : '')
  }
}
