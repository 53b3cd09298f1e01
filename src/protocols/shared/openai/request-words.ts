import type { ConversationRequest, ProtocolId } from '../../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../../lib/json/json.ts'
import { flag, object, text } from '../../../lib/json/read-json.ts'
import { misreadAs, unknownWord } from '../foreign-members.ts'

/** Words that both of OpenAI's protocols have for the same thing. An unknown one is noted as misread. */

type Choice = ConversationRequest['toolChoice']
type Format = ConversationRequest['format']

export function decodeChoiceMode(mode: JsonValue | undefined, protocol: ProtocolId): Choice {
  switch (mode ?? 'auto') {
    case 'auto':
      return { mode: 'auto' }
    case 'none':
      return { mode: 'none' }
    case 'required':
      return { mode: 'required' }
    default: {
      const word = mode ?? null
      const choice: Choice = { mode: 'auto' }
      return unknownWord(choice, protocol, 'tool_choice', { word, taken: 'auto' })
    }
  }
}

/** A choice among some of the tools, of which the conversation keeps the mode; `path`: of the list. */
export function decodeAllowed(choice: Choice, protocol: ProtocolId, path: string): Choice {
  return misreadAs(choice, protocol, path, 'the other tools may be called as well')
}

/** `declared` holds the schema; undefined: there is none. `path`: of the word. */
export function decodeReplyFormat(
  type: JsonValue | undefined,
  declared: JsonObject | undefined,
  protocol: ProtocolId,
  path: string,
): Format {
  if (type === 'json_object') return { type: 'json' }
  if (type === 'json_schema' && declared)
    return {
      type: 'json',
      schema: object(declared.schema),
      name: text(declared.name),
      strict: flag(declared.strict),
    }
  const format: Format = { type: 'text' }
  if (type === undefined || type === 'text') return format
  return unknownWord(format, protocol, path, { word: type, taken: 'text' })
}
