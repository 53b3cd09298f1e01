/** What Chat Completions refuses, in OpenAI's words. */
import { firstRefusal, type Refusal } from '../dialect.ts'
import { functionFault, tooLong } from '../functions.ts'
import { type Json, list, record, stranger } from '../json.ts'

type Wrong = string | undefined

export const refuse = (body: Json): Refusal | undefined =>
  firstRefusal([members, options, tools, messages, pairs], body, undefined)

/** OpenAI's, and what the many services that speak this protocol added. */
const MEMBERS =
  'model messages audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options top_k min_p repetition_penalty reasoning thinking enable_thinking thinking_budget chat_template_kwargs'

function members(body: Json): Wrong {
  const unknown = stranger(body, MEMBERS)
  return unknown && `Unrecognized request argument supplied: ${unknown}`
}

function options(body: Json): Wrong {
  if (body.stream_options !== undefined && body.stream !== true)
    return "The 'stream_options' parameter is only allowed when 'stream' is enabled."
  if (body.tools !== undefined) return undefined
  if (body.tool_choice !== undefined)
    return "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
  if (body.parallel_tool_calls !== undefined)
    return "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified."
  return undefined
}

function tools(body: Json): Wrong {
  if (body.tools === undefined) return undefined
  if (list(body.tools).length === 0) return "[] is too short - 'tools'"
  for (const [index, tool] of list(body.tools).entries()) {
    if (tool.type !== 'function')
      return `Invalid value: '${tool.type}'. Supported values are: 'function'.`
    const wrong = functionFault(record(tool.function), `tools[${index}].function`)
    if (wrong) return wrong
  }
  return undefined
}

const CONTENTS: { [role: string]: string } = {
  system: 'text',
  developer: 'text',
  user: 'text image_url input_audio file video_url',
  assistant: 'text refusal',
  tool: 'text image_url',
}

function messages(body: Json): Wrong {
  if (list(body.messages).length === 0) return "[] is too short - 'messages'"
  for (const [index, message] of list(body.messages).entries()) {
    const wrong = messageFault(message, `messages[${index}]`)
    if (wrong) return wrong
  }
  return undefined
}

function messageFault(message: Json, at: string): Wrong {
  const role = String(message.role)
  const types = CONTENTS[role]
  if (!types)
    return `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`
  const unknown = stranger(
    message,
    'role content name refusal audio tool_calls function_call tool_call_id reasoning_content reasoning reasoning_details',
  )
  if (unknown) return `Unrecognized request argument supplied: ${at}.${unknown}`
  if (message.tool_calls !== undefined && list(message.tool_calls).length === 0)
    return `Invalid '${at}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`
  return contentFault(message, types, at) ?? callFault(message, at)
}

function contentFault({ content, tool_calls }: Json, types: string, at: string): Wrong {
  if (content === null || content === undefined)
    return tool_calls ? undefined : `Invalid value for 'content': expected a string, got null.`
  if (typeof content === 'string') return undefined
  if (list(content).length === 0)
    return `Invalid '${at}.content': empty array. Expected an array with minimum length 1, but got an empty array instead.`
  for (const [place, part] of list(content).entries()) {
    if (!types.split(' ').includes(String(part.type)))
      return `Invalid '${at}'. Content blocks are expected to be either text or image_url type.`
    if (part.type === 'text' && !part.text)
      return `Invalid '${at}.content[${place}].text': empty string.`
  }
  return undefined
}

function callFault(message: Json, at: string): Wrong {
  for (const [place, call] of list(message.tool_calls).entries()) {
    const here = `${at}.tool_calls[${place}]`
    if (call.type !== 'function')
      return `Invalid value: '${call.type}'. Supported values are: 'function'.`
    const { name, arguments: text } = record(call.function)
    const wrong = functionFault({ name }, `${here}.function`) ?? tooLong(call.id, 40, `${here}.id`)
    if (wrong) return wrong
    if (!isObjectText(text))
      return `Invalid '${here}.function.arguments': expected a JSON object as text.`
  }
  return undefined
}

/** Many services read the arguments into their own template and fail on anything else. */
function isObjectText(text: unknown): boolean {
  try {
    return typeof text === 'string' && typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

function pairs(body: Json): Wrong {
  let open: unknown[] = []
  for (const [index, message] of list(body.messages).entries()) {
    if (message.role === 'tool') {
      if (!open.includes(message.tool_call_id))
        return `Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'. (messages.[${index}].role)`
      open = open.filter(id => id !== message.tool_call_id)
      continue
    }
    if (open.length > 0) return unanswered(open)
    open = list(message.tool_calls).map(call => call.id)
  }
  return open.length > 0 ? unanswered(open) : undefined
}

const unanswered = (open: unknown[]): string =>
  `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(', ')}`
