import type { Message, Part, PartOf } from '../../../conversation/index.ts'
import { toTurns } from '../../../conversation/tools/turns.ts'
import type { JsonObject, JsonValue } from '../../../lib/json/json.ts'
import { text } from '../../../lib/json/read-json.ts'
import type { Addressee, Loss } from '../../codec.ts'
import { isSealOf } from '../../shared/seals.ts'
import { systemTexts } from '../../shared/system-text.ts'
import { encodeCalls } from './call.ts'
import { encodeContentPart, isNotBlank } from './part.ts'
import { encodeReasoning, membersReadFrom } from './reasoning.ts'

/** Messages for a conversation that was held in another protocol, in the strictest form there is. */
export function encodeTurns(
  messages: readonly Message[],
  to: Addressee,
  role: string,
  losses: Loss[],
): JsonObject[] {
  return toTurns(messages).flatMap((turn, index) => {
    const path = `messages[${index}]`
    if (turn.role === 'assistant') return encodeAssistant(turn, to, path, losses)
    if (turn.role === 'system') return systemMessage(turn.parts, role)
    return encodeUser(turn, path, losses)
  })
}

/** System parts as one message, since this protocol gives blocks no meaning. */
export function systemMessage(system: readonly Part[], role: string): JsonObject[] {
  const words = systemTexts(system)
  return words.length > 0 ? [{ role, content: words.join('\n\n') }] : []
}

function encodeUser({ parts }: Message, path: string, losses: Loss[]): JsonObject[] {
  const attached: JsonObject[] = []
  const messages: JsonObject[] = []
  const content: JsonObject[] = []
  for (const [index, part] of parts.entries()) {
    const at = `${path}.content[${index}]`
    if (part.type === 'tool-result') messages.push(encodeResult(part, at, attached, losses))
    else content.push(...encodeContentPart(part, at, losses))
  }
  const all = [...attached, ...content]
  if (all.length > 0) messages.push({ role: 'user', content: simplest(all) })
  return messages
}

/** Tool messages hold text; pictures go beside it into the user message that follows. */
function encodeResult(
  result: PartOf<'tool-result'>,
  path: string,
  attached: JsonObject[],
  losses: Loss[],
): JsonObject {
  const words: string[] = []
  for (const [index, part] of result.parts.entries()) {
    for (const wire of encodeContentPart(part, `${path}.content[${index}]`, losses)) {
      if (wire.type === 'text') words.push(text(wire.text) ?? '')
      else {
        words.push(`[${part.type} attached below]`)
        attached.push(wire)
      }
    }
  }
  const content = words.join('\n')
  const failed = result.failed && !/^\W*error/i.test(content)
  return {
    role: 'tool',
    tool_call_id: result.callId,
    content: failed ? `Error: ${content}` : content,
  }
}

/** One text is sent as a string, which every service takes. */
function simplest(content: JsonObject[]): JsonValue {
  const [only] = content
  if (content.length !== 1 || only?.type !== 'text' || Object.keys(only).length !== 2)
    return content
  return only.text ?? ''
}

function encodeAssistant(
  { parts }: Message,
  to: Addressee,
  path: string,
  losses: Loss[],
): JsonObject[] {
  const content: JsonObject[] = []
  const calls: PartOf<'tool-call'>[] = []
  const reasoning: PartOf<'thinking'>[] = []
  for (const [index, part] of parts.entries()) {
    const at = `${path}.content[${index}]`
    if (part.type === 'thinking') reasoning.push(part)
    else if (part.type === 'thinking-redacted') {
      losses.push({ path: at, reason: 'sealed reasoning can only go back to who sealed it' })
    } else if (part.type === 'tool-call' && part.runsOn === 'client') calls.push(part)
    else if (part.type === 'tool-call') {
      losses.push({ path: at, reason: `a call the upstream ran itself (${part.name})` })
    } else content.push(...encodeContentPart(part, at, losses))
  }
  if (content.length === 0 && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      content: assistantContent(content),
      ...encodeEarlierReasoning(reasoning, to, path, losses),
      ...encodeCalls(calls),
    },
  ]
}

/** Plain text is joined: not every service takes parts in assistant messages. */
function assistantContent(content: JsonObject[]): JsonValue {
  if (content.length === 0) return null
  if (content.some(({ type }) => type !== 'text')) return content
  return content.map(wire => text(wire.text) ?? '').join('\n\n')
}

function encodeEarlierReasoning(
  reasoning: readonly PartOf<'thinking'>[],
  to: Addressee,
  path: string,
  losses: Loss[],
): JsonObject {
  const own = reasoning.filter(
    part => isSealOf(part.seal, 'openai-chat', to.issuer) && membersReadFrom(part),
  )
  // What this very upstream thought goes back in the member it came in: some insist on it.
  if (own.length > 0) return Object.assign({}, ...own.map(part => encodeReasoning(part)))
  const written = reasoning.filter(part => isNotBlank(part.text))
  const field = to.quirks.reasoningField
  if (written.length === 0) return {}
  if (field) return { [field]: written.map(part => part.text).join('\n') }
  losses.push({ path, reason: 'earlier reasoning cannot be said to this upstream' })
  return {}
}
