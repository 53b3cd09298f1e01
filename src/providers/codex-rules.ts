import type { JsonObject, JsonValue } from '../lib/json/json.ts'
import { object, objects, text } from '../lib/json/read-json.ts'
import type { Action, Loss } from '../protocols/codec.ts'
import type { RequestRules } from './kind.ts'

/**
 * What the Codex backend of ChatGPT demands of a Responses request, and what it refuses (mid-2026).
 * It stores nothing, and answers `generate` only as a stream.
 */
export const codexRules: RequestRules = {
  passes: (body, action) =>
    (action === 'compact' || (body.stream === true && body.store === false)) &&
    !namesHistory(body) &&
    hasLegalNames(body) &&
    objects(body.input).every(item => (text(item.call_id) ?? '').length <= LONGEST),
  changes(body, action) {
    const losses: Loss[] = []
    const members = {
      ...forced(body, action, losses),
      ...refused(body, losses),
      ...changedTools(body, losses),
      ...changedTier(body, losses),
      ...changedInput(body.input, losses),
    }
    return { members, losses }
  },
}

type Changes = Record<string, JsonValue | undefined>

/** Of names and ids. */
const LONGEST = 64

/** What only this gateway can put in its place. */
function namesHistory({ conversation, previous_response_id, input }: JsonObject): boolean {
  return (
    (conversation ?? undefined) !== undefined ||
    (previous_response_id ?? undefined) !== undefined ||
    objects(input).some(({ type }) => type === 'item_reference')
  )
}

/** Other names are changed on the way up and back, which is done where requests are encoded. */
function hasLegalNames({ tools }: JsonObject): boolean {
  const names = objects(tools).flatMap(tool => text(tool.name) ?? [])
  return new Set(names).size === names.length && names.every(name => /^[\w-]{1,64}$/.test(name))
}

const INCLUDED = 'reasoning.encrypted_content'

function forced(body: JsonObject, action: Action, losses: Loss[]): Changes {
  const changes: Changes = {}
  if (typeof body.instructions !== 'string') changes.instructions = ''
  if (action === 'compact') return { ...changes, ...absent(body, ['stream', 'store', 'include']) }
  if (body.stream !== true) changes.stream = true
  if (body.store !== false) changes.store = false
  const include = Array.isArray(body.include) ? body.include : []
  if (include.length !== 1 || include[0] !== INCLUDED) changes.include = [INCLUDED]
  if (include.some(word => word !== INCLUDED)) losses.push(notTaken('include'))
  return changes
}

const REFUSED = [
  'previous_response_id',
  'max_output_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'truncation',
  'user',
  'safety_identifier',
  'prompt_cache_retention',
  'prompt_cache_options',
  'context_management',
  'generate',
]

/** The one member of `stream_options` that is taken; the others change only how a reply is delivered. */
const STREAM_OPTION = 'reasoning_summary_delivery'

function refused(body: JsonObject, losses: Loss[]): Changes {
  const changes = absent(body, REFUSED)
  for (const member in changes) losses.push(notTaken(member))
  const options = object(body.stream_options)
  const kept = options?.[STREAM_OPTION]
  if (body.stream_options !== undefined && (!options || isMoreThan(options, STREAM_OPTION)))
    changes.stream_options = kept === undefined ? undefined : { [STREAM_OPTION]: kept }
  return changes
}

function absent(body: JsonObject, members: readonly string[]): Changes {
  const present = members.filter(member => body[member] !== undefined)
  return Object.fromEntries(present.map(member => [member, undefined]))
}

function isMoreThan(members: JsonObject, name: string): boolean {
  return Object.keys(members).some(member => member !== name) || members[name] === undefined
}

function notTaken(path: string): Loss {
  return { path, reason: 'this upstream does not take it' }
}

function changedTools(body: JsonObject, losses: Loss[]): Changes {
  const { tools, tool_choice: choice, parallel_tool_calls: parallel } = body
  const changes: Changes = {}
  if (objects(tools).some(isPreview)) changes.tools = objects(tools).map(withoutPreview)
  const chosen = object(choice)
  if (chosen && isPreview(chosen)) changes.tool_choice = withoutPreview(chosen)
  if (objects(tools).length > 0) {
    if (parallel === false)
      losses.push({ path: 'parallel_tool_calls', reason: 'this upstream always allows them' })
    if (parallel !== true) changes.parallel_tool_calls = true
  } else if (parallel !== undefined && !(parallel === false && hasToolsInside(body)))
    changes.parallel_tool_calls = undefined
  return changes
}

/** "Responses lite" of Codex 0.169 (2026-11) declares its tools in the input. */
function hasToolsInside({ input }: JsonObject): boolean {
  return objects(input).some(({ type }) => type === 'additional_tools')
}

function isPreview({ type }: JsonObject): boolean {
  return text(type)?.startsWith('web_search_preview') === true
}

function withoutPreview(tool: JsonObject): JsonObject {
  return isPreview(tool) ? { ...tool, type: 'web_search' } : tool
}

function changedTier({ service_tier: tier }: JsonObject, losses: Loss[]): Changes {
  if (tier === undefined || tier === 'priority') return {}
  if (tier === 'fast') return { service_tier: 'priority' }
  if (tier !== 'auto' && tier !== 'default') losses.push(notTaken('service_tier'))
  return { service_tier: undefined }
}

function changedInput(input: JsonValue | undefined, losses: Loss[]): Changes {
  if (typeof input === 'string') {
    const content = [{ type: 'input_text', text: input }]
    return { input: [{ type: 'message', role: 'user', content }] }
  }
  if (!Array.isArray(input)) return {}
  const items = input.flatMap((item, index): JsonValue[] => {
    const wire = object(item)
    if (!wire) return [item]
    if (!isEmptyThought(wire)) return [changedItem(wire, `input[${index}]`, losses)]
    losses.push({
      path: `input[${index}]`,
      reason: 'nothing is stored here, and the item is empty',
    })
    return []
  })
  const isSame = items.length === input.length && items.every((item, at) => item === input[at])
  return isSame ? {} : { input: items }
}

/** A thought that stands only for one that the upstream has stored. */
function isEmptyThought(item: JsonObject): boolean {
  const { summary, content } = item
  return isUnsealed(item) && objects(summary).length === 0 && objects(content).length === 0
}

function isUnsealed({ type, encrypted_content }: JsonObject): boolean {
  return type === 'reasoning' && !text(encrypted_content)
}

/** The very same item where nothing is changed. */
function changedItem(item: JsonObject, path: string, losses: Loss[]): JsonObject {
  let changed = item
  if (item.role === 'system') changed = { ...changed, role: 'developer' }
  if (!hasLegalId(item) || (isUnsealed(item) && item.id !== undefined)) {
    const { id: _, ...others } = changed
    changed = others
  }
  if (!objects(item.content).some(hasBreakpoint)) return changed
  losses.push(notTaken(`${path}.content.prompt_cache_breakpoint`))
  const content = objects(item.content).map(({ prompt_cache_breakpoint: _, ...part }) => part)
  return { ...changed, content }
}

function hasBreakpoint({ prompt_cache_breakpoint }: JsonObject): boolean {
  return prompt_cache_breakpoint !== undefined
}

const PREFIX: Readonly<Record<string, string>> = {
  message: 'msg_',
  reasoning: 'rs_',
  function_call: 'fc_',
  custom_tool_call: 'ctc_',
  custom_tool_call_output: 'ctco_',
}

/** Ids that other services made are refused; none is needed. */
function hasLegalId({ type, id }: JsonObject): boolean {
  if (id === undefined) return true
  const name = text(id) ?? ''
  return name.length <= LONGEST && name.startsWith(PREFIX[text(type) ?? 'message'] ?? '')
}
