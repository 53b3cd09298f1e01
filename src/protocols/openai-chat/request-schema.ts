import { type TProperties, Type } from '@sinclair/typebox'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { type Fault, NOTHING, requestShape } from '../shared/schema/request-check.ts'
import {
  Amount,
  AnyObject,
  allMaybe,
  maybe,
  Switch,
  shared,
  Text,
  Texts,
  tagged,
  textOr,
  Whole,
} from '../shared/schema/request-schema.ts'

/**
 * Chat requests, with the members that compatible services added.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

const Address = shared(
  'Address',
  Type.Union([Type.Object({ url: Text, ...allMaybe({ detail: Text }) }), Text]),
)
/** Markers of prompt caches, as aggregators pass them on. */
const cache = { cache_control: maybe(Type.Object(allMaybe({ type: Text, ttl: Text }))) }
const Words = { text: Text, ...cache }
const Part = shared(
  'Part',
  tagged(
    'type',
    {
      text: Words,
      input_text: Words,
      output_text: Words,
      refusal: { refusal: Text },
      image_url: { image_url: Address, ...cache },
      video_url: { video_url: Address, ...cache },
      input_audio: { input_audio: Type.Object({ data: Text, ...allMaybe({ format: Text }) }) },
      file: { file: Type.Object(allMaybe({ file_data: Text, file_id: Text, filename: Text })) },
    },
    { others: cache },
  ),
)
const Content = shared('Content', textOr(Part))

/** Some services write the object instead of its text. */
const Arguments = maybe(Type.Union([Text, AnyObject]))
const Call = tagged(
  'type',
  {
    function: { id: Text, function: Type.Object({ name: Text, arguments: Arguments }) },
    custom: { id: Text, custom: Type.Object({ name: Text, ...allMaybe({ input: Text }) }) },
  },
  { absent: 'function' },
)

const named = allMaybe({ name: Text })
const Message = tagged(
  'role',
  {
    system: { content: Content, ...named },
    developer: { content: Content, ...named },
    user: { content: Content, ...named },
    assistant: {
      ...named,
      ...allMaybe({
        content: Content,
        refusal: Text,
        tool_calls: Type.Array(Call),
        function_call: Type.Object({ name: Text, arguments: Arguments }),
        reasoning_content: Text,
        reasoning: Text,
        reasoning_details: Type.Array(
          Type.Object(allMaybe({ text: Text, summary: Text, signature: Text, data: Text })),
        ),
      }),
    },
    tool: { content: Content, tool_call_id: Text },
    function: { name: Text, content: Type.Union([Content, Type.Null()]) },
  },
  { others: allMaybe({ content: Content }) },
)

const FunctionTool = shared(
  'FunctionTool',
  Type.Object({
    name: Text,
    ...allMaybe({ description: Text, parameters: AnyObject, strict: Switch }),
  }),
)
const Tool = tagged(
  'type',
  {
    function: { function: FunctionTool, ...cache },
    custom: {
      custom: Type.Object({ name: Text, ...allMaybe({ description: Text, format: AnyObject }) }),
    },
  },
  { absent: 'function' },
)
const Named = shared('Named', Type.Object(allMaybe({ name: Text })))
const Choice = shared(
  'Choice',
  Type.Union([
    Text,
    Type.Object(
      allMaybe({
        type: Text,
        name: Text,
        function: Named,
        custom: Named,
        allowed_tools: Type.Object(allMaybe({ mode: Text, tools: Type.Array(AnyObject) })),
      }),
    ),
  ]),
)
const Format = tagged('type', {
  json_schema: {
    json_schema: Type.Object(allMaybe({ name: Text, schema: AnyObject, strict: Switch })),
  },
})

const common: TProperties = allMaybe({
  stream: Switch,
  stream_options: Type.Object(allMaybe({ include_usage: Switch })),
  max_tokens: Whole,
  temperature: Amount,
  top_p: Amount,
  top_k: Whole,
  n: Whole,
  seed: Whole,
  stop: textOr(Text),
  presence_penalty: Amount,
  frequency_penalty: Amount,
  logit_bias: AnyObject,
  user: Text,
})

/** Known members beside the messages, in `common` and here. */
const known: TProperties = {
  ...common,
  ...allMaybe({
    max_completion_tokens: Whole,
    tools: Type.Array(Tool),
    functions: Type.Array(FunctionTool),
    tool_choice: Choice,
    function_call: Choice,
    parallel_tool_calls: Switch,
    response_format: Format,
    reasoning_effort: Text,
    reasoning: Type.Object(allMaybe({ effort: Text, max_tokens: Whole, enabled: Switch })),
    thinking: Type.Object(allMaybe({ type: Text, budget_tokens: Whole })),
    enable_thinking: Switch,
    verbosity: Text,
    logprobs: Switch,
    top_logprobs: Whole,
    modalities: Texts,
    audio: AnyObject,
    prediction: AnyObject,
    web_search_options: AnyObject,
    metadata: AnyObject,
    store: Switch,
    prompt_cache_key: Text,
    safety_identifier: Text,
    service_tier: Text,
  }),
}

export const requests = {
  generate: requestShape(
    Type.Object({ messages: Type.Array(Message, { minItems: 1 }), ...known }),
    namesItsTool,
  ),
}

/** A choice of a function names it: without a name it would be no choice at all. */
function namesItsTool({ tool_choice: choice }: JsonObject): Fault | undefined {
  if (!isObject(choice)) return undefined
  const { type, name } = choice
  if ((type !== 'function' && type !== 'custom') || typeof name === 'string') return undefined
  const named = choice[type]
  if (isObject(named) && typeof named.name === 'string') return undefined
  return { path: `tool_choice.${type}.name`, expected: 'a string', got: NOTHING }
}

/** The legacy text endpoint. `logprobs` is a number there. */
export const completionRequests = {
  generate: requestShape(
    Type.Object({
      prompt: textOr(Type.Unknown()),
      ...common,
      ...allMaybe({ echo: Switch, suffix: Text, best_of: Whole, logprobs: Whole }),
    }),
  ),
}
