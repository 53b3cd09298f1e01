/** A turn as a Responses object, whole or as its events. */
import { type Call, DEFAULT_TOKENS, sayInput, type Turn } from '../dialect.ts'
import { type Json, list, random, record, seal, strings } from '../json.ts'
import { named, pieces } from '../stream.ts'

export function output(turn: Turn, body: Json): Json[] {
  // No thought, no item: a stream torn after a reasoning item leaves it without company.
  const thought = turn.thought === '' ? [] : [reasoning(turn.thought, body)]
  return [...thought, message(turn.text), ...turn.calls.map(callItem)]
}

/** The summary and the seal are there only when they were asked for, as from the service. */
function reasoning(thought: string, body: Json): Json {
  const summary = record(body.reasoning).summary ? [{ type: 'summary_text', text: thought }] : []
  const sealed = strings(body.include).includes('reasoning.encrypted_content')
  return {
    id: `rs_${random()}`,
    type: 'reasoning',
    summary,
    ...(sealed ? { encrypted_content: seal() } : {}),
  }
}

const message = (text: string): Json => ({
  id: `msg_${random()}`,
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
})

function callItem({ tool, input }: Call): Json {
  const common = {
    status: 'completed',
    call_id: `call_${random()}`,
    name: tool.name,
    ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }),
  }
  return tool.custom
    ? { id: `ctc_${random()}`, type: 'custom_tool_call', ...common, input: sayInput(input) }
    : { id: `fc_${random()}`, type: 'function_call', ...common, arguments: sayInput(input) }
}

export function response(items: Json[], body: Json, tokens = DEFAULT_TOKENS): Json {
  return {
    id: `resp_${random()}`,
    object: 'response',
    created_at: 1_767_225_600,
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: 'scripted',
    output: items,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: 'medium', summary: null, ...record(body.reasoning) },
    service_tier: 'default',
    store: body.store ?? true,
    temperature: 1,
    text: { format: { type: 'text' }, ...record(body.text) },
    tool_choice: body.tool_choice ?? 'auto',
    tools: list(body.tools),
    top_p: 1,
    truncation: 'disabled',
    usage: {
      input_tokens: tokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 8 },
      total_tokens: tokens + 20,
    },
    user: null,
    metadata: {},
  }
}

export function events(reply: Json): string {
  let sequence_number = 0
  const event = (type: string, body: Json): string =>
    named(type, { sequence_number: sequence_number++, ...body })
  const begun = { ...reply, status: 'in_progress', output: [], usage: null }
  return [
    event('response.created', { response: begun }),
    event('response.in_progress', { response: begun }),
    ...list(reply.output).flatMap((item, output_index) => [
      event('response.output_item.added', { output_index, item: opened(item) }),
      ...inside(item).map(([type, body]) =>
        event(`response.${type}`, { item_id: item.id, output_index, ...body }),
      ),
      event('response.output_item.done', { output_index, item }),
    ]),
    event('response.completed', { response: reply }),
  ].join('')
}

function opened(item: Json): Json {
  const status = 'in_progress'
  switch (item.type) {
    case 'reasoning':
      // The seal of the opened item is another one than that of the finished item.
      return {
        ...item,
        summary: [],
        ...(item.encrypted_content ? { encrypted_content: seal() } : {}),
      }
    case 'message':
      return { ...item, status, content: [] }
    case 'custom_tool_call':
      return { ...item, status, input: '' }
    default:
      return { ...item, status, arguments: '' }
  }
}

type Inner = [type: string, body: Json]

function inside(item: Json): Inner[] {
  switch (item.type) {
    case 'reasoning':
      return list(item.summary).flatMap((part, summary_index) =>
        summaryEvents(part, { summary_index }),
      )
    case 'message':
      return list(item.content).flatMap((part, content_index) =>
        textEvents(part, { content_index }),
      )
    case 'custom_tool_call':
      return inputEvents('custom_tool_call_input', 'input', String(item.input))
    default:
      return inputEvents('function_call_arguments', 'arguments', String(item.arguments))
  }
}

function summaryEvents(part: Json, at: Json): Inner[] {
  const text = String(part.text)
  return [
    ['reasoning_summary_part.added', { ...at, part: { ...part, text: '' } }],
    ...pieces(text).map((delta): Inner => ['reasoning_summary_text.delta', { ...at, delta }]),
    ['reasoning_summary_text.done', { ...at, text }],
    ['reasoning_summary_part.done', { ...at, part }],
  ]
}

function textEvents(part: Json, at: Json): Inner[] {
  const text = String(part.text)
  return [
    ['content_part.added', { ...at, part: { ...part, text: '' } }],
    ...pieces(text).map((delta): Inner => ['output_text.delta', { ...at, delta, logprobs: [] }]),
    ['output_text.done', { ...at, text, logprobs: [] }],
    ['content_part.done', { ...at, part }],
  ]
}

const inputEvents = (name: string, member: string, text: string): Inner[] => [
  ...pieces(text).map((delta): Inner => [`${name}.delta`, { delta }]),
  [`${name}.done`, { [member]: text }],
]
