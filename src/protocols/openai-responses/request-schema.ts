import { Type } from '@sinclair/typebox'
import type { JsonObject } from '../../lib/json/json.ts'
import { type Fault, NOTHING, requestShape } from '../shared/schema/request-check.ts'
import {
  Amount,
  AnyObject,
  allMaybe,
  Switch,
  shared,
  Text,
  Texts,
  tagged,
  textOr,
  Whole,
} from '../shared/schema/request-schema.ts'

/**
 * Responses requests.
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */

const Part = shared(
  'Part',
  tagged('type', {
    input_text: { text: Text },
    output_text: { text: Text, ...allMaybe({ annotations: Type.Array(AnyObject) }) },
    text: { text: Text },
    summary_text: { text: Text },
    refusal: { refusal: Text },
    input_image: allMaybe({ image_url: Text, file_id: Text, detail: Text }),
    input_file: allMaybe({ file_data: Text, file_url: Text, file_id: Text, filename: Text }),
  }),
)
const Content = shared('Content', textOr(Part))

const declared = { name: Text, ...allMaybe({ description: Text }) }
const DECLARED = {
  function: { ...declared, ...allMaybe({ parameters: AnyObject, strict: Switch }) },
  custom: { ...declared, ...allMaybe({ format: AnyObject }) },
}
const Tool = shared(
  'Tool',
  tagged('type', {
    ...DECLARED,
    namespace: { ...declared, tools: Type.Array(tagged('type', DECLARED)) },
  }),
)

const Thought = shared('Thought', Type.Object(allMaybe({ type: Text, text: Text })))
const status = allMaybe({ id: Text, status: Text })
const Item = shared(
  'Item',
  tagged(
    'type',
    {
      message: { role: Text, content: Content, ...status },
      function_call: {
        call_id: Text,
        name: Text,
        arguments: Text,
        ...allMaybe({ namespace: Text }),
        ...status,
      },
      custom_tool_call: {
        call_id: Text,
        name: Text,
        input: Text,
        ...allMaybe({ namespace: Text }),
        ...status,
      },
      function_call_output: { call_id: Text, output: Content, ...status },
      custom_tool_call_output: { call_id: Text, output: Content, ...status },
      reasoning: {
        ...allMaybe({
          summary: Type.Array(Thought),
          content: Type.Array(Thought),
          encrypted_content: Text,
        }),
        ...status,
      },
      additional_tools: { tools: Type.Array(Tool) },
      item_reference: { id: Text },
      compaction: allMaybe({ encrypted_content: Text }),
      compaction_summary: allMaybe({ encrypted_content: Text }),
    },
    { absent: 'message', others: status },
  ),
)

const Format = tagged('type', {
  json_schema: { schema: AnyObject, ...allMaybe({ name: Text, strict: Switch }) },
})

const schema = Type.Object(
  allMaybe({
    input: textOr(Item),
    instructions: textOr(Type.Union([Part, Item])),
    stream: Switch,
    stream_options: AnyObject,
    tools: Type.Array(Tool),
    tool_choice: Type.Union([Text, Type.Object(allMaybe({ type: Text, name: Text, mode: Text }))]),
    parallel_tool_calls: Switch,
    max_output_tokens: Whole,
    max_tool_calls: Whole,
    temperature: Amount,
    top_p: Amount,
    top_logprobs: Whole,
    reasoning: Type.Object(allMaybe({ effort: Text, summary: Text })),
    text: Type.Object(allMaybe({ format: Format, verbosity: Text })),
    previous_response_id: Text,
    conversation: Type.Union([Text, AnyObject]),
    prompt: AnyObject,
    prompt_cache_key: Text,
    safety_identifier: Text,
    service_tier: Text,
    user: Text,
    metadata: AnyObject,
    include: Texts,
    store: Switch,
    background: Switch,
    truncation: Text,
  }),
)

/** What a request without items goes on from. */
const INSTEAD_OF_INPUT = ['previous_response_id', 'conversation', 'prompt']

function needsInput(body: JsonObject): Fault | undefined {
  const { input = null } = body
  if (INSTEAD_OF_INPUT.some(name => (body[name] ?? null) !== null)) return undefined
  const expected = 'a string or a list with at least one item'
  if (input === null) return { path: 'input', expected, got: NOTHING }
  const empty = input === '' || (Array.isArray(input) && input.length === 0)
  return empty ? { path: 'input', expected, got: 'an empty one' } : undefined
}

const request = requestShape(schema, needsInput)
export const requests = { generate: request, compact: request, 'count-tokens': request }
