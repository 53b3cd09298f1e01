import { type TProperties, Type } from '@sinclair/typebox'
import { knownRoles, requestShape } from '../shared/schema/request-check.ts'
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
 * Messages requests, as the vendor's own checks take them.
 * @see https://docs.anthropic.com/en/api/messages
 */

const cache = { cache_control: maybe(Type.Object(allMaybe({ type: Text, ttl: Text }))) }

const TextBlock = { text: Text, ...allMaybe({ citations: Type.Array(AnyObject) }), ...cache }
const Source = shared(
  'Source',
  tagged('type', {
    base64: { data: Text, ...allMaybe({ media_type: Text }) },
    text: { data: Text, ...allMaybe({ media_type: Text }) },
    url: { url: Text },
    file: { file_id: Text },
  }),
)
const MediaBlock = {
  source: Source,
  ...allMaybe({ title: Text, context: Text, citations: AnyObject }),
  ...cache,
}
const INNER = { text: TextBlock, image: MediaBlock, document: MediaBlock }
const Call = { id: Text, name: Text, input: AnyObject, ...cache }
const Block = shared(
  'Block',
  tagged('type', {
    ...INNER,
    thinking: { thinking: Text, ...allMaybe({ signature: Text }) },
    redacted_thinking: { data: Text },
    tool_use: Call,
    server_tool_use: Call,
    tool_result: {
      tool_use_id: Text,
      ...allMaybe({ content: textOr(tagged('type', INNER)), is_error: Switch }),
      ...cache,
    },
  }),
)
const Message = Type.Object({ role: Text, content: textOr(Block) })

const described = { ...allMaybe({ description: Text, strict: Switch }), ...cache }
const Tool = tagged(
  'type',
  { custom: { name: Text, input_schema: AnyObject, ...described } },
  {
    absent: 'custom',
    others: {
      ...allMaybe({ name: Text, input_schema: AnyObject, max_uses: Whole }),
      ...allMaybe({ allowed_domains: Texts, blocked_domains: Texts }),
      ...described,
    },
  },
)
const single = allMaybe({ disable_parallel_tool_use: Switch })
const ToolChoice = tagged('type', { tool: { name: Text, ...single } }, { others: single })

const shown = allMaybe({ display: Text })
const Thinking = tagged(
  'type',
  { enabled: { budget_tokens: Whole, ...shown } },
  { others: { ...allMaybe({ budget_tokens: Whole }), ...shown } },
)
const Format = shared('Format', Type.Object(allMaybe({ type: Text, schema: AnyObject })))

const counted: TProperties = {
  ...cache,
  messages: Type.Array(Message, { minItems: 1 }),
  ...allMaybe({
    system: textOr(tagged('type', { text: TextBlock })),
    tools: Type.Array(Tool),
    tool_choice: ToolChoice,
    thinking: Thinking,
    output_config: Type.Object(allMaybe({ effort: Text, format: Format })),
    output_format: Format,
    context_management: AnyObject,
    mcp_servers: Type.Array(AnyObject),
  }),
}

const roles = knownRoles('messages', ['user', 'assistant', 'system'])

export const requests = {
  generate: requestShape(
    Type.Object({
      ...counted,
      max_tokens: Whole,
      ...allMaybe({
        stream: Switch,
        temperature: Amount,
        top_p: Amount,
        top_k: Whole,
        stop_sequences: Texts,
        metadata: Type.Object(allMaybe({ user_id: Text })),
        service_tier: Text,
        container: Type.Union([Text, AnyObject]),
      }),
    }),
    roles,
  ),
  'count-tokens': requestShape(Type.Object(counted), roles),
}
