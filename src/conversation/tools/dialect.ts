import { createHash } from 'node:crypto'
import { mapKeeping } from '../../lib/map-keeping.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import type { Part, PartOf } from '../part.ts'
import type { ConversationRequest, Message, Tool } from '../request.ts'
import type { ConversationResponse, StreamEvent } from '../response.ts'
import { createIds, distinctCallIds } from './call-ids.ts'
import { decodeInput } from './freeform.ts'

/** What an upstream's protocol can express about tools. */
export type ToolDialect = {
  toolName: { legal: RegExp; illegalCharacter: RegExp; maxLength: number }
  callId: { legal: RegExp; maxLength: number }
  /** Takes tools of free text. */
  freeform: boolean
  /** Takes tools in namespaces. */
  namespaces: boolean
}

/** How a tool is known to the client, and under which name the upstream knows it. */
type ClientTool = { name: string; namespace?: string; freeform: boolean }

/**
 * A conversation in a form that the upstream can take, and the way back. The same name always
 * becomes the same legal one and two names never become one, so prompt caches stay warm.
 */
export type AdaptedTools = {
  request: ConversationRequest
  /** What was renamed, for the log; renaming is no loss. */
  renamed: readonly { from: string; to: string }[]
  restoreResponse(response: ConversationResponse): ConversationResponse
  restoreStream(): Machine<StreamEvent, StreamEvent>
}

export function adaptTools(request: ConversationRequest, dialect: ToolDialect): AdaptedTools {
  return request.tools.length > 0 || request.messages.some(usesTools)
    ? fitTools(request, dialect)
    : { request, renamed: [], ...wayBack(new Map(), () => createIds(new Set())) }
}

/** Whether a message holds a call or a result. */
export function usesTools({ parts }: Message): boolean {
  return parts.some(({ type }) => type === 'tool-call' || type === 'tool-result')
}

function fitTools(request: ConversationRequest, dialect: ToolDialect): AdaptedTools {
  const known = new Map<string, ClientTool>()
  const renamed: { from: string; to: string }[] = []
  const nameOf = ({ name, namespace, freeform }: ClientTool): string => {
    const full = dialect.namespaces ? name : plainName(name, namespace)
    const wire = legalName(full, dialect.toolName)
    if (!known.has(wire)) {
      known.set(wire, { name, freeform, namespace })
      if (wire !== name) renamed.push({ from: name, to: wire })
    }
    return wire
  }
  const tools = mapKeeping(request.tools, tool => fitTool(tool, dialect, nameOf))
  const declared = dialect.namespaces ? undefined : namespacesIn(request.tools)
  const callName = (call: ClientTool): string => nameOf(declared ? declared(call) : call)
  const distinct = distinctCallIds(request.messages)
  const messages = mapKeeping(distinct.messages, message => fitMessage(message, dialect, callName))
  const adapted: ConversationRequest =
    tools === request.tools && messages === request.messages
      ? request
      : { ...request, tools, messages }
  return {
    request: withChoice(adapted, known),
    renamed,
    ...wayBack(known, distinct.reply),
  }
}

/** How replies get the client's names and free ids. One without calls is the same one again. */
function wayBack(
  known: ReadonlyMap<string, ClientTool>,
  idsOf: () => (id: string) => string,
): Pick<AdaptedTools, 'restoreResponse' | 'restoreStream'> {
  return {
    restoreResponse: response =>
      response.parts.some(({ type }) => type === 'tool-call')
        ? restoreResponse(response, known, idsOf())
        : response,
    restoreStream: () => new RestoredStream(known, idsOf),
  }
}

/** A tool's name where there are no namespaces: `functions` is where tools are anyway; any other namespace is part of the name. */
export function plainName(name: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === 'functions' ? name : `${namespace}__${name}`
}

/**
 * Tells how a call's tool was declared. Responses reports a plain function that was found by its tool
 * search under a namespace of its own: such a call keeps the plain name.
 */
function namespacesIn(tools: readonly Tool[]): (call: ClientTool) => ClientTool {
  const plain = new Set<string>()
  const namespaces = new Map<string, Set<string>>()
  for (const tool of tools) {
    if (tool.type === 'server') continue
    const { name, namespace } = tool
    if (namespace === undefined) plain.add(name)
    else namespaces.set(namespace, (namespaces.get(namespace) ?? new Set()).add(name))
  }
  return call => {
    const { namespace, ...bare } = call
    if (namespace === undefined) return call
    const within = namespaces.get(namespace)
    return within?.has(call.name) || (within && !plain.has(call.name)) ? call : bare
  }
}

function legalName(
  name: string,
  { legal, illegalCharacter, maxLength }: ToolDialect['toolName'],
): string {
  if (name.length <= maxLength && legal.test(name)) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  const safe = name.replace(illegalCharacter, '_').slice(0, maxLength - 10)
  return `${/^[a-zA-Z_]/.test(safe) ? safe : `_${safe.slice(0, maxLength - 11)}`}_${digest}`
}

function fitTool(tool: Tool, dialect: ToolDialect, nameOf: (known: ClientTool) => string): Tool {
  if (tool.type === 'server') return tool
  const freeform = tool.type === 'custom'
  const { namespace } = tool
  const name = nameOf({
    name: tool.name,
    freeform,
    namespace,
  })
  if (tool.type === 'custom' && !dialect.freeform) return asFunction(tool, name)
  if (name === tool.name && (namespace === undefined || dialect.namespaces)) return tool
  const { namespace: _, ...rest } = tool
  return dialect.namespaces ? { ...tool, name } : { ...rest, name }
}

/** A tool of free text for a protocol without: one string field, the grammar in the description. */
function asFunction(tool: Tool & { type: 'custom' }, name: string): Tool {
  const { description, format } = tool
  const grammar = typeof format?.definition === 'string' ? format.definition : undefined
  const syntax = typeof format?.syntax === 'string' ? ` (${format.syntax})` : ''
  const words = [
    description,
    'Put the whole input as plain text into the one string "input".',
    grammar === undefined ? undefined : `The text must follow this grammar${syntax}:\n${grammar}`,
  ]
  return {
    type: 'function',
    name,
    description: words.filter(word => word !== undefined && word !== '').join('\n\n'),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The input, verbatim' } },
      required: ['input'],
    },
    extensions: tool.extensions,
  }
}

function fitMessage(
  message: Message,
  dialect: ToolDialect,
  nameOf: (known: ClientTool) => string,
): Message {
  const parts = mapKeeping(message.parts, part => fitPart(part, dialect, nameOf))
  return parts === message.parts ? message : { ...message, parts }
}

function fitPart(part: Part, dialect: ToolDialect, nameOf: (known: ClientTool) => string): Part {
  if (part.type === 'tool-result') {
    const callId = legalCallId(part.callId, dialect.callId)
    return callId === part.callId ? part : { ...part, callId }
  }
  if (part.type !== 'tool-call' || part.runsOn === 'server') return part
  return fitCall(part, dialect, nameOf)
}

function fitCall(
  part: PartOf<'tool-call'>,
  dialect: ToolDialect,
  nameOf: (known: ClientTool) => string,
): Part {
  const { namespace, freeform, ...plain } = part
  const name = nameOf({
    name: part.name,
    freeform: freeform === true,
    namespace,
  })
  const id = legalCallId(part.id, dialect.callId)
  const wrapped = freeform === true && !dialect.freeform
  const flattened = namespace !== undefined && !dialect.namespaces
  if (name === part.name && id === part.id && !wrapped && !flattened) return part
  return {
    ...plain,
    ...(freeform && !wrapped ? { freeform } : {}),
    ...(namespace !== undefined && !flattened ? { namespace } : {}),
    id,
    name,
    arguments: wrapped ? JSON.stringify({ input: part.arguments }) : part.arguments,
  }
}

/** The same id always becomes the same legal one. */
function legalCallId(id: string, { legal, maxLength }: ToolDialect['callId']): string {
  if (id.length <= maxLength && legal.test(id)) return id
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 24)
  return `call_${digest}`.slice(0, maxLength)
}

/** A forced tool is named as its declaration now is. */
function withChoice(
  request: ConversationRequest,
  known: ReadonlyMap<string, ClientTool>,
): ConversationRequest {
  const { toolChoice } = request
  if (toolChoice.mode !== 'tool' || known.has(toolChoice.name)) return request
  for (const [wire, { name }] of known)
    if (name === toolChoice.name) return { ...request, toolChoice: { mode: 'tool', name: wire } }
  return request
}

/** Models sometimes misspell a tool's case; only one tool may be meant. */
function createLookUp(
  known: ReadonlyMap<string, ClientTool>,
): (wire: string) => ClientTool | undefined {
  let alike: Map<string, [string, ClientTool][]> | undefined
  return wire => {
    const exact = known.get(wire)
    if (exact) return exact
    alike ??= Map.groupBy(known, ([name]) => name.toLowerCase())
    const [only, ...more] = alike.get(wire.toLowerCase()) ?? []
    return more.length === 0 ? only?.[1] : undefined
  }
}

function restored(part: PartOf<'tool-call'>, known: ClientTool): PartOf<'tool-call'> {
  return {
    ...part,
    name: known.name,
    ...(known.namespace === undefined ? {} : { namespace: known.namespace }),
  }
}

function restoreResponse(
  response: ConversationResponse,
  known: ReadonlyMap<string, ClientTool>,
  idOf: (id: string) => string,
): ConversationResponse {
  const lookUp = createLookUp(known)
  const parts = mapKeeping(response.parts, original => {
    if (original.type !== 'tool-call' || original.runsOn === 'server') return original
    const part = withId(original, idOf(original.id))
    const tool = lookUp(part.name)
    if (!tool || isAsDeclared(part, tool)) return part
    const call = restored(part, tool)
    if (!tool.freeform || part.freeform) return call
    const unwrap = decodeInput()
    const text = [...unwrap.feed(part.arguments), ...unwrap.end()].join('')
    const freeform: PartOf<'tool-call'> = { ...call, arguments: text, freeform: true }
    return freeform
  })
  return parts === response.parts ? response : { ...response, parts }
}

function withId(part: PartOf<'tool-call'>, id: string): PartOf<'tool-call'> {
  return id === part.id ? part : { ...part, id }
}

function isAsDeclared(part: PartOf<'tool-call'>, tool: ClientTool): boolean {
  return (
    part.name === tool.name &&
    part.namespace === tool.namespace &&
    (part.freeform === true) === tool.freeform
  )
}

/** Gives calls back their client's names, and freeform calls their text, as they stream by. */
class RestoredStream implements Machine<StreamEvent, StreamEvent> {
  private readonly unwrapping = new Map<number, Machine<string, string>>()
  private readonly lookUp: (wire: string) => ClientTool | undefined
  private readonly idsOf: () => (id: string) => string
  private idOf: ((id: string) => string) | undefined

  constructor(known: ReadonlyMap<string, ClientTool>, idsOf: () => (id: string) => string) {
    this.lookUp = createLookUp(known)
    this.idsOf = idsOf
  }

  feed(event: StreamEvent): StreamEvent[] {
    if (event.type === 'part-start') return this.started(event)
    if (this.unwrapping.size === 0) return [event]
    if (event.type === 'part-delta') {
      const unwrap = this.unwrapping.get(event.index)
      if (!unwrap || !('arguments' in event.delta)) return [event]
      return asText(event.index, unwrap.feed(event.delta.arguments))
    }
    if (event.type !== 'part-end') return [event]
    const unwrap = this.unwrapping.get(event.index)
    if (!unwrap) return [event]
    this.unwrapping.delete(event.index)
    return [...asText(event.index, unwrap.end()), event]
  }

  end(): StreamEvent[] {
    return []
  }

  private started(event: Extract<StreamEvent, { type: 'part-start' }>): StreamEvent[] {
    const original = event.part
    if (original.type !== 'tool-call' || original.runsOn === 'server') return [event]
    this.idOf ??= this.idsOf()
    const part = withId(original, this.idOf(original.id))
    const tool = this.lookUp(part.name)
    if (!tool || isAsDeclared(part, tool)) return part === original ? [event] : [{ ...event, part }]
    const call = restored(part, tool)
    if (!tool.freeform || part.freeform) return [{ ...event, part: call }]
    const unwrap = decodeInput()
    this.unwrapping.set(event.index, unwrap)
    const start: StreamEvent = { ...event, part: { ...call, arguments: '', freeform: true } }
    return [start, ...asText(event.index, unwrap.feed(part.arguments))]
  }
}

function asText(index: number, pieces: string[]): StreamEvent[] {
  const text = pieces.join('')
  return text === '' ? [] : [{ type: 'part-delta', index, delta: { arguments: text } }]
}
