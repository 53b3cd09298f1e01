import type { ConversationResponse, Part, StreamEvent, Usage } from '../../conversation/index.ts'

/** What an upstream has sent of a reply so far, as far as an account of it needs that. */
export type Heard = {
  /** As last reported; some upstreams report it before the end. */
  usage: Usage
  /** The reply came to its end, so its usage is the last word. */
  whole: boolean
  /** The beginning of what the model said, and how many characters that has in all. */
  sample: string
  characters: number
}

/** Enough to tell how many characters a token of this text has. */
const SAMPLE_CHARACTERS = 4_000

export function createHeard(): Heard {
  return { usage: {}, whole: false, sample: '', characters: 0 }
}

export function hear(heard: Heard, event: StreamEvent): void {
  switch (event.type) {
    case 'part-start':
      hearPart(heard, event.part)
      return
    case 'part-delta': {
      const { delta } = event
      if ('text' in delta) hearText(heard, delta.text)
      else if ('arguments' in delta) hearText(heard, delta.arguments)
      return
    }
    case 'response-start':
    case 'error':
      hearUsage(heard, event.usage)
      return
    case 'response-end':
      hearUsage(heard, event.usage)
      heard.whole = true
      return
    case 'part-end':
    case 'opaque':
      return
  }
}

export function hearResponse(heard: Heard, { parts, usage }: ConversationResponse): void {
  for (const part of parts) hearPart(heard, part)
  hearUsage(heard, usage)
  heard.whole = true
}

/** `times`: how much longer the whole is than the part that was read. */
export function hearText(heard: Heard, text: string, times = 1): void {
  heard.characters += text.length * times
  const room = SAMPLE_CHARACTERS - heard.sample.length
  if (room > 0) heard.sample += text.length > room ? text.slice(0, room) : text
}

export function hearUsage(heard: Heard, usage: Usage | undefined): void {
  if (usage) heard.usage = { ...heard.usage, ...usage }
}

function hearPart(heard: Heard, part: Part): void {
  switch (part.type) {
    case 'text':
    case 'thinking':
    case 'refusal':
      hearText(heard, part.text)
      return
    case 'tool-call':
      hearText(heard, part.name)
      hearText(heard, part.arguments)
      return
    default:
      return
  }
}
