import type { ConversationResponse, Part, StreamEvent, Usage } from '../../conversation/index.ts'

/** What an upstream has sent of a reply so far, as far as an account of it needs that. */
export type ReplyTally = {
  /** As last reported; some upstreams report it before the end. */
  usage: Usage
  /** The reply came to its end, so its usage is the last word. */
  complete: boolean
  /** The beginning of the model's text, and how many characters all of it has. */
  sample: string
  characters: number
}

/** Enough to tell how many characters a token of this text has. */
const SAMPLE_CHARACTERS = 4_000

export function tallyEvent(tally: ReplyTally, event: StreamEvent): void {
  switch (event.type) {
    case 'part-start':
      tallyPart(tally, event.part)
      return
    case 'part-delta': {
      const { delta } = event
      if ('text' in delta) tallyText(tally, delta.text)
      else if ('arguments' in delta) tallyText(tally, delta.arguments)
      return
    }
    case 'response-start':
    case 'error':
      tallyUsage(tally, event.usage)
      return
    case 'response-end':
      tallyUsage(tally, event.usage)
      tally.complete = true
      return
    case 'part-end':
    case 'opaque':
      return
  }
}

export function tallyResponse(tally: ReplyTally, { parts, usage }: ConversationResponse): void {
  for (const part of parts) tallyPart(tally, part)
  tallyUsage(tally, usage)
  tally.complete = true
}

/** `times`: how much longer the whole is than the part that was read. */
export function tallyText(tally: ReplyTally, text: string, times = 1): void {
  tally.characters += text.length * times
  const room = SAMPLE_CHARACTERS - tally.sample.length
  if (room > 0) tally.sample += text.length > room ? text.slice(0, room) : text
}

export function tallyUsage(tally: ReplyTally, usage: Usage | undefined): void {
  if (usage) tally.usage = { ...tally.usage, ...usage }
}

function tallyPart(tally: ReplyTally, part: Part): void {
  switch (part.type) {
    case 'text':
    case 'thinking':
    case 'refusal':
      tallyText(tally, part.text)
      return
    case 'tool-call':
      tallyText(tally, part.name)
      tallyText(tally, part.arguments)
      return
    default:
      return
  }
}
