import type { Part, ProtocolId } from './part.ts'
import type { ConversationRequest, ServerAbility, Tool } from './request.ts'

/** What a model may or may not be able to take, as `lacks` in routes.yaml names it. */
export const ABILITIES = [
  'tools',
  'parallel-tools',
  'server-tools',
  'images',
  'documents',
  'audio',
  'video',
  'structured-output',
] as const
export type Ability = (typeof ABILITIES)[number]

/**
 * What a request needs of the model that answers it. A `must` is part of what is asked: without it the answer
 * would be to something else. A `wish` makes the answer better, not another one. Tools of the
 * upstream's own that are offered beside others are neither: the model need not take them up, and
 * most agents offer them with every request.
 */
export type Needs = {
  must: ReadonlySet<Ability>
  wish: ReadonlySet<Ability>
  /** The tools that make `server-tools` a must. */
  serverTools: readonly Extract<Tool, { type: 'server' }>[]
}

export const NO_NEEDS: Needs = { must: new Set(), wish: new Set(), serverTools: [] }

const MEDIA: Partial<Record<Part['type'], Ability>> = {
  image: 'images',
  document: 'documents',
  audio: 'audio',
  video: 'video',
}

export function needsOf(request: ConversationRequest): Needs {
  const must = new Set<Ability>()
  const wish = new Set<Ability>()
  for (const { parts } of request.messages) addMedia(parts, must)
  const { toolChoice, format } = request
  const tools = toolChoice.mode === 'none' ? [] : request.tools
  const offered = tools.filter(tool => tool.type === 'server')
  if (tools.length > offered.length) must.add('tools')
  const serverTools = isForced(request, offered) ? offered : []
  if (serverTools.length > 0) must.add('server-tools')
  if (request.parallelTools === true && must.has('tools')) wish.add('parallel-tools')
  if (format.type === 'json' && format.schema) must.add('structured-output')
  return { must, wish, serverTools }
}

function addMedia(parts: readonly Part[], must: Set<Ability>): void {
  for (const part of parts) {
    const ability = MEDIA[part.type]
    if (ability) must.add(ability)
    if (part.type === 'tool-result') addMedia(part.parts, must)
  }
}

/** Where there are no others, or one of them is asked for, they are what the request is about. */
function isForced({ tools, toolChoice }: ConversationRequest, offered: readonly Tool[]): boolean {
  if (offered.length === tools.length) return true
  return (
    toolChoice.mode === 'tool' &&
    !tools.some(tool => tool.type !== 'server' && tool.name === toolChoice.name)
  )
}

/** Whether a protocol can name a server tool: its own tools, and those it runs itself. */
export function hasWordFor(
  tool: Extract<Tool, { type: 'server' }>,
  { protocol, does }: { protocol: string; does: readonly ServerAbility['name'][] },
): boolean {
  return tool.protocol === protocol || (tool.does !== undefined && does.includes(tool.does.name))
}

/**
 * The request without the tools that are for models of another protocol only; the very
 * same one where there are none.
 */
export function offeredTo(protocol: ProtocolId, request: ConversationRequest): ConversationRequest {
  const isOffered = (tool: Tool): boolean =>
    tool.type !== 'function' || tool.only === undefined || tool.only === protocol
  return request.tools.every(isOffered)
    ? request
    : { ...request, tools: request.tools.filter(isOffered) }
}
