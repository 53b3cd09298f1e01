/** What Anthropic's Messages API refuses, in its words. */
import { firstRefusal, type Refusal } from '../dialect.ts'
import { isRecord, type Json, list, record, stranger } from '../json.ts'
import type { Thoughts } from './memory.ts'

type Wrong = string | undefined

export const refuse = (body: Json, thoughts: Thoughts): Refusal | undefined =>
  firstRefusal(
    [members, limits, tools, caching, contents, blocks, pairs, signatures, lead],
    body,
    thoughts,
  )

const EXTRA = 'Extra inputs are not permitted'
const MEMBERS =
  'model messages max_tokens system tools tool_choice metadata stop_sequences stream temperature top_k top_p thinking service_tier context_management output_config output_format container mcp_servers inference_geo speed cache_control'

function members(body: Json): Wrong {
  const unknown = stranger(body, MEMBERS)
  return unknown && `${unknown}: ${EXTRA}`
}

function limits(body: Json): Wrong {
  const { max_tokens, temperature } = body
  if (typeof max_tokens !== 'number') return 'max_tokens: Field required'
  if (typeof temperature === 'number' && temperature > 1) return 'temperature: range: 0..1'
  const thinking = record(body.thinking)
  if (thinking.type === undefined || thinking.type === 'disabled') return undefined
  if (temperature !== undefined && temperature !== 1)
    return '`temperature` may only be set to 1 when thinking is enabled.'
  if (['any', 'tool'].includes(String(record(body.tool_choice).type)))
    return 'Thinking may not be enabled when tool_choice forces tool use.'
  if (thinking.type !== 'enabled') return undefined
  const budget = thinking.budget_tokens
  if (typeof budget !== 'number') return 'thinking.enabled.budget_tokens: Field required'
  if (budget < 1024)
    return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024'
  if (budget >= max_tokens) return '`max_tokens` must be greater than `thinking.budget_tokens`.'
  return undefined
}

const SERVER_TOOL =
  /^(?:web_search|web_fetch|bash|text_editor|code_execution|computer|memory|tool_search_tool_\w+|mcp_toolset|advisor)_?\d*$/

function tools(body: Json): Wrong {
  const names = new Set<unknown>()
  for (const [index, tool] of list(body.tools).entries()) {
    const wrong = toolFault(tool)
    if (wrong) return `tools.${index}${wrong}`
    if (names.has(tool.name)) return 'tools: Tool names must be unique.'
    names.add(tool.name)
  }
  if (body.tool_choice !== undefined && list(body.tools).length === 0)
    return 'tool_choice: tool_choice may only be specified while providing tools'
  return undefined
}

function toolFault(tool: Json): Wrong {
  const type = tool.type ?? 'custom'
  if (type !== 'custom')
    return SERVER_TOOL.test(String(type))
      ? undefined
      : `: Input tag '${type}' found using 'type' does not match any of the expected tags`
  const unknown = stranger(
    tool,
    'type name description input_schema cache_control strict defer_loading eager_input_streaming allowed_callers input_examples',
  )
  if (unknown) return `.custom.${unknown}: ${EXTRA}`
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool.name)))
    return ".custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
  if (!isRecord(tool.input_schema)) return '.custom.input_schema: Field required'
  if (tool.input_schema.type !== 'object')
    return ".custom.input_schema.type: Input should be 'object'"
  if (['anyOf', 'oneOf', 'allOf'].some(key => key in record(tool.input_schema)))
    return '.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level'
  return undefined
}

function caching(body: Json): Wrong {
  const marked = [
    ...list(body.tools),
    ...list(body.system),
    ...list(body.messages).flatMap(one => list(one.content)),
  ].filter(block => isRecord(block.cache_control)).length
  return marked > 4
    ? `A maximum of 4 blocks with cache_control may be provided. Found ${marked}.`
    : undefined
}

function contents(body: Json): Wrong {
  const messages = list(body.messages)
  if (messages.length === 0) return 'messages: at least one message is required'
  if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role'
  for (const [index, { role, content, ...rest }] of messages.entries()) {
    const at = `messages.${index}`
    // Current models take instructions between the turns, too.
    if (!['user', 'assistant', 'system'].includes(String(role)))
      return `${at}.role: Input should be 'user' or 'assistant'`
    const unknown = stranger(rest, role === 'system' ? 'output_config' : '')
    if (unknown) return `${at}.${unknown}: ${EXTRA}`
    if (content === undefined) return `${at}.content: Field required`
    if (!content || (Array.isArray(content) && content.length === 0))
      return `${at}: all messages must have non-empty content except for the optional final assistant message`
  }
  return undefined
}

const BLOCKS: { [type: string]: { roles: string; members: string } } = {
  text: { roles: 'user assistant system', members: 'type text cache_control citations' },
  image: { roles: 'user', members: 'type source cache_control' },
  document: { roles: 'user', members: 'type source cache_control title context citations' },
  thinking: { roles: 'assistant', members: 'type thinking signature' },
  redacted_thinking: { roles: 'assistant', members: 'type data' },
  tool_use: { roles: 'assistant', members: 'type id name input cache_control caller' },
  tool_result: { roles: 'user', members: 'type tool_use_id content is_error cache_control' },
}

function blocks(body: Json): Wrong {
  for (const [index, message] of list(body.messages).entries())
    for (const [place, block] of list(message.content).entries()) {
      const wrong = blockFault(block, String(message.role))
      if (wrong) return `messages.${index}.content.${place}${wrong}`
    }
  return emptyText([
    ...list(body.system),
    ...list(body.messages).flatMap(one => list(one.content)),
    ...list(body.messages).flatMap(one => list(one.content).flatMap(block => list(block.content))),
  ])
}

function blockFault(block: Json, role: string): Wrong {
  const type = String(block.type)
  const known = BLOCKS[type]
  if (!known)
    return `: Input tag '${type}' found using 'type' does not match any of the expected tags`
  if (!known.roles.split(' ').includes(role))
    return `: \`${type}\` blocks cannot be in \`${role}\` messages`
  const unknown = stranger(block, known.members)
  if (unknown) return `.${type}.${unknown}: ${EXTRA}`
  if (type !== 'tool_use') return undefined
  if (!/^[a-zA-Z0-9_-]+$/.test(String(block.id)))
    return ".tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(block.name)))
    return ".tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
  return isRecord(block.input) ? undefined : '.tool_use.input: Input should be a valid dictionary'
}

function emptyText(found: Json[]): Wrong {
  const texts = found.filter(block => block.type === 'text').map(block => String(block.text))
  if (texts.includes('')) return 'messages: text content blocks must be non-empty'
  if (texts.some(text => text.trim() === ''))
    return 'messages: text content blocks must contain non-whitespace text'
  return undefined
}

/** Neighbours of one role count as one message. */
function merged(body: Json): { role: unknown; blocks: Json[] }[] {
  const turns: { role: unknown; blocks: Json[] }[] = []
  for (const { role, content } of list(body.messages)) {
    const last = turns.at(-1)
    const found = typeof content === 'string' ? [{ type: 'text', text: content }] : list(content)
    if (last?.role === role) last?.blocks.push(...found)
    else turns.push({ role, blocks: [...found] })
  }
  return turns
}

function pairs(body: Json): Wrong {
  const turns = merged(body)
  for (const [index, turn] of turns.entries()) {
    const called = idsOf(turn.blocks, 'tool_use', 'id')
    const next = turns[index + 1]?.blocks ?? []
    // Results come first in their message; one behind a text is not "immediately after".
    const end = next.findIndex(block => block.type !== 'tool_result')
    const answers = idsOf(end < 0 ? next : next.slice(0, end), 'tool_result', 'tool_use_id')
    const open = called.filter(id => !answers.includes(id))
    if (open.length > 0)
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
    const before = idsOf(turns[index - 1]?.blocks ?? [], 'tool_use', 'id')
    const results = idsOf(turn.blocks, 'tool_result', 'tool_use_id')
    const orphan = results.find(id => !before.includes(id))
    if (orphan !== undefined)
      return `messages.${index}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${orphan}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`
    if (new Set(results).size < results.length)
      return `messages.${index}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id`
  }
  return undefined
}

const idsOf = (found: Json[], type: string, member: string): unknown[] =>
  found.filter(block => block.type === type).map(block => block[member])

function signatures(body: Json, thoughts: Thoughts): Wrong {
  for (const [index, message] of list(body.messages).entries())
    for (const [place, block] of list(message.content).entries()) {
      if (block.type !== 'thinking') continue
      const at = `messages.${index}.content.${place}`
      if (typeof block.signature !== 'string') return `${at}.thinking.signature: Field required`
      const thought = thoughts.get(block.signature)
      if (thought === undefined) return `${at}: Invalid \`signature\` in \`thinking\` block`
      if (thought !== block.thinking)
        return `${at}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.`
    }
  return undefined
}

/** With thinking enabled, the last turn that called tools begins with what was thought. */
function lead(body: Json): Wrong {
  if (record(body.thinking).type !== 'enabled') return undefined
  const turns = merged(body)
  const index = turns.findLastIndex(turn => turn.role === 'assistant')
  const turn = turns[index]
  if (!turn?.blocks.some(block => block.type === 'tool_use')) return undefined
  const first = String(turn.blocks[0]?.type)
  if (['thinking', 'redacted_thinking'].includes(first)) return undefined
  return `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`
}
