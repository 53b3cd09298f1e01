/** What the Responses API refuses, in OpenAI's words. */
import { firstRefusal, type Refusal } from '../dialect.ts'
import { functionFault, tooLong } from '../functions.ts'
import { type Json, list, stranger } from '../json.ts'
import type { Memory } from './memory.ts'
import { toolLists } from './tools.ts'

type Wrong = string | undefined

export const refuse = (body: Json, memory: Memory): Refusal | undefined =>
  firstRefusal([members, limits, tools, items, pairs, seals, references, company], body, memory)

const MEMBERS =
  'model input background client_metadata context_management conversation include instructions max_output_tokens max_tool_calls metadata parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user'

function members(body: Json): Wrong {
  const unknown = stranger(body, MEMBERS)
  return unknown && `Unknown parameter: '${unknown}'.`
}

function limits(body: Json): Refusal | Wrong {
  const tokens = body.max_output_tokens
  if (typeof tokens === 'number' && tokens < 16)
    return `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${tokens} instead.`
  if (body.previous_response_id)
    return {
      message: `Previous response with id '${body.previous_response_id}' not found.`,
      code: 'previous_response_not_found',
    }
  return undefined
}

/** Run by the service, or defined by the name of their type. */
const BUILT_IN =
  /^(?:web_search(?:_preview)?(?:_\d{4}_\d\d_\d\d)?|file_search|code_interpreter|image_generation|mcp|computer(?:_use_preview)?|local_shell|shell|apply_patch|tool_search)$/

function tools(body: Json): Wrong {
  for (const { at, tools: found } of toolLists(body))
    for (const [index, tool] of found.entries()) {
      const wrong = toolFault(tool, `${at}[${index}]`)
      if (wrong) return wrong
    }
  return undefined
}

function toolFault(tool: Json, at: string): Wrong {
  const type = String(tool.type)
  if (type === 'namespace')
    return list(tool.tools)
      .map((inner, index) => toolFault(inner, `${at}.tools[${index}]`))
      .find(wrong => wrong !== undefined)
  if (type === 'function') return functionFault(tool, at)
  if (type === 'custom') return functionFault({ name: tool.name }, at)
  return BUILT_IN.test(type)
    ? undefined
    : `Invalid value: '${type}'. Supported values are: 'function', 'custom', 'namespace', 'web_search' and others. (${at}.type)`
}

/** Members of the items a client sends back; types not listed here are not looked into. */
const ITEMS: { [type: string]: { members: string; id: string } } = {
  message: { members: 'role content status phase', id: 'msg' },
  reasoning: { members: 'summary content encrypted_content status', id: 'rs' },
  function_call: { members: 'call_id name namespace arguments status caller', id: 'fc' },
  function_call_output: { members: 'call_id output status caller', id: 'fc' },
  custom_tool_call: { members: 'call_id name namespace input status caller', id: 'ctc' },
  custom_tool_call_output: { members: 'call_id output status caller', id: 'ctc' },
  item_reference: { members: '', id: '' },
}
const OTHERS =
  /^(?:additional_tools|compaction(?:_trigger)?|tool_search_(?:call|output)|(?:web_search|file_search|computer|code_interpreter|image_generation)_call|computer_call_output|(?:local_)?shell_call(?:_output)?|apply_patch_call(?:_output)?|mcp_\w+)$/

function items(body: Json): Wrong {
  if (typeof body.input === 'string') return undefined
  for (const [index, item] of list(body.input).entries()) {
    const wrong = itemFault(item, `input[${index}]`)
    if (wrong) return wrong
  }
  return list(body.input).length === 0 ? "Missing required parameter: 'input'." : undefined
}

function itemFault(item: Json, at: string): Wrong {
  const type = String(item.type ?? 'message')
  const known = ITEMS[type]
  if (!known) return OTHERS.test(type) ? undefined : `Invalid value: '${type}'. (${at})`
  const unknown = stranger(
    item,
    `type id internal_chat_message_metadata_passthrough ${known.members}`,
  )
  if (unknown) return `Unknown parameter: '${at}.${unknown}'.`
  const { id } = item
  if (typeof id === 'string' && !id.startsWith(known.id))
    return `Invalid '${at}.id': '${id}'. Expected an ID that begins with '${known.id}'.`
  const long = tooLong(id, 64, `${at}.id`) ?? tooLong(item.call_id, 64, `${at}.call_id`)
  if (long) return long
  if (type === 'message') return contentFault(item, at)
  if (type === 'reasoning') return reasoningFault(item, at)
  if (type.endsWith('_call')) return functionFault({ name: item.name }, at)
  if (type.endsWith('_output') && item.output === undefined)
    return `Missing required parameter: '${at}.output'.`
  return undefined
}

function reasoningFault({ summary, content }: Json, at: string): Wrong {
  if (!Array.isArray(summary)) return `Missing required parameter: '${at}.summary'.`
  if (Array.isArray(content) && content.length > 0)
    return `Invalid '${at}.content': array too long. Expected an array with maximum length 0, but got an array with length ${content.length} instead.`
  return undefined
}

const PARTS: { [type: string]: string } = {
  input_text: 'text',
  input_image: 'image_url detail file_id',
  input_file: 'file_id file_url file_data filename detail',
  input_audio: 'input_audio',
  output_text: 'text annotations logprobs',
  refusal: 'refusal',
}

function contentFault({ role, content }: Json, at: string): Wrong {
  if (!['user', 'system', 'developer', 'assistant'].includes(String(role)))
    return `Invalid value: '${role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`
  for (const [place, part] of list(content).entries()) {
    const type = String(part.type)
    const known = PARTS[type]
    const says = /^(?:output_text|refusal)$/.test(type)
    if (known === undefined || says !== (role === 'assistant'))
      return `Invalid value: '${type}'. Supported values are: ${says ? "'input_text', 'input_image' and 'input_file'" : "'output_text' and 'refusal'"}. (${at}.content[${place}])`
    const unknown = stranger(part, `type prompt_cache_breakpoint ${known}`)
    if (unknown) return `Unknown parameter: '${at}.content[${place}].${unknown}'.`
    if (part.text === '') return `Invalid '${at}.content[${place}].text': empty string.`
  }
  return undefined
}

function pairs(body: Json): Wrong {
  return (
    pairsOf(body, 'function_call', 'function call') ??
    pairsOf(body, 'custom_tool_call', 'custom tool call')
  )
}

function pairsOf(body: Json, type: string, words: string): Wrong {
  const ids = (wanted: string) =>
    list(body.input)
      .filter(item => item.type === wanted)
      .map(item => item.call_id)
  const [called, answered] = [ids(type), ids(`${type}_output`)]
  const open = called.find(id => !answered.includes(id))
  if (open !== undefined) return `No tool output found for ${words} ${open}.`
  const orphan = answered.find(id => !called.includes(id))
  return orphan === undefined
    ? undefined
    : `No tool call found for ${words} output with call_id ${orphan}.`
}

function seals(body: Json, memory: Memory): Refusal | undefined {
  for (const { type, id, encrypted_content: sealed } of list(body.input)) {
    if (type !== 'reasoning' || typeof sealed !== 'string') continue
    const owner = [...memory].find(([, given]) => given.sealed === sealed)?.[0]
    if (owner !== undefined && (id === undefined || id === owner)) continue
    const reason = owner
      ? 'Encrypted content item_id did not match the target item id.'
      : 'Encrypted content could not be decrypted or parsed.'
    return {
      message: `The encrypted content ${id ? `for item ${id}` : 'of a reasoning item'} could not be verified. Reason: ${reason}`,
      code: 'invalid_encrypted_content',
    }
  }
  return undefined
}

/** What is named and not sent must have been stored. */
function references(body: Json, memory: Memory): Refusal | undefined {
  for (const { type, id, encrypted_content } of list(body.input)) {
    const named = type === 'item_reference' || (type === 'reasoning' && !encrypted_content && id)
    if (!named || memory.get(String(id))?.stored) continue
    return {
      message: `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      status: 404,
    }
  }
  return undefined
}

/** An item known by its id and the reasoning that led to it belong together. */
function company(body: Json, memory: Memory): Wrong {
  const input = list(body.input)
  for (const [index, { type, id }] of input.entries()) {
    const needed = memory.get(String(id))?.needs
    if (needed && !input.some(other => other.id === needed || isBareReasoning(other)))
      return `Item '${id}' of type '${type}' was provided without its required 'reasoning' item: '${needed}'.`
    const next = input[index + 1]
    const followed =
      next &&
      (/_call$|^reasoning$|^item_reference$/.test(String(next.type)) || next.role === 'assistant')
    if (type === 'reasoning' && !followed)
      return `Item '${id}' of type 'reasoning' was provided without its required following item.`
  }
  return undefined
}

/** Sent without its id, as some clients do; its seal says whose it is. */
const isBareReasoning = (item: Json): boolean =>
  item.type === 'reasoning' && item.id === undefined && item.encrypted_content !== undefined
