import type { JsonObject } from '../../../lib/json/json.ts'
import type { Addressee, Loss } from '../../codec.ts'
import { type LoweredSchema, lowerParameters, lowerSchema, sharedBudget } from './lower.ts'

const SHORTENED = 'the schema is too large: definitions are written out once, and named elsewhere'

/** Models from before the service took JSON Schema (Gemini 2.5, June 2025). */
const BEFORE_JSON_SCHEMA = /^gemini-(1|2\.0)/

/** How the schemas of one request are written. */
export type SchemaWriter = {
  /** Members of a function declaration. */
  parameters(schema: JsonObject, path: string): JsonObject
  /** Members of the generation's configuration. */
  response(schema: JsonObject): JsonObject
}

/**
 * JSON Schema goes as it is where the upstream takes it: references, alternatives, null, maps and
 * tuples stay whole. Else it is lowered to the older form.
 * @see https://ai.google.dev/api/caching#FunctionDeclaration
 */
export function schemaWriter(to: Addressee, losses: Loss[]): SchemaWriter {
  return takesJsonSchema(to) ? asItIs : older(losses)
}

function takesJsonSchema({ model, quirks }: Addressee): boolean {
  const bare = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  return !quirks.noJsonSchema && !BEFORE_JSON_SCHEMA.test(bare)
}

const asItIs: SchemaWriter = {
  parameters: schema => ({ parametersJsonSchema: asObject(schema) }),
  response: schema => ({ responseJsonSchema: schema }),
}

/** Parameters must have the type of an object. */
function asObject(schema: JsonObject): JsonObject {
  return schema.type === undefined && schema.$ref === undefined
    ? { type: 'object', ...schema }
    : schema
}

function older(losses: Loss[]): SchemaWriter {
  const budget = sharedBudget()
  const written = ({ schema, cut }: LoweredSchema, path: string): JsonObject => {
    if (cut) losses.push({ path, reason: SHORTENED })
    return schema
  }
  return {
    parameters(schema, path) {
      const parameters = written(lowerParameters(schema, budget), `${path}.parameters`)
      // An object without properties is refused, so a function without parameters declares none.
      return parameters.properties ? { parameters } : {}
    },
    response: schema => ({
      responseSchema: written(lowerSchema(schema, budget), 'response_format'),
    }),
  }
}
