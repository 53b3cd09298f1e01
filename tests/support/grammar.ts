import type { Frame } from './frames.ts'
import { anthropicGrammar } from './grammars/anthropic.ts'
import { geminiGrammar } from './grammars/gemini.ts'
import type { Check, Grammar } from './grammars/grammar.ts'
import { openaiChatGrammar } from './grammars/openai-chat.ts'
import { openaiResponsesGrammar } from './grammars/openai-responses.ts'
import type { Wire } from './read-reply.ts'

const GRAMMARS: Record<Wire, (check: Check) => Grammar> = {
  anthropic: anthropicGrammar,
  'openai-chat': openaiChatGrammar,
  'openai-responses': openaiResponsesGrammar,
  gemini: geminiGrammar,
}

/** What is illegal about an emitted stream, each fault with the number of its frame. */
export function streamFaults(wire: Wire, frames: readonly Frame[]): string[] {
  const faults: string[] = []
  let at = ''
  const grammar = GRAMMARS[wire]((holds, fault) => {
    if (!holds) faults.push(`${at}: ${fault}`)
    return holds
  })
  for (const [index, frame] of frames.entries()) {
    at = `frame ${index}`
    grammar.feed(frame)
  }
  at = 'end'
  grammar.end()
  return faults
}
