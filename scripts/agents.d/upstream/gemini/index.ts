import type { Dialect, Open } from '../dialect.ts'
import { type Json, list, random, record } from '../json.ts'
import { data, sse } from '../stream.ts'
import type { Signatures } from './memory.ts'
import { partsOf, refuse } from './refuse.ts'
import { chunks, whole } from './reply.ts'

/** What Google says to send where a history comes from another model. */
const DUMMIES = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']

export const openGemini: Open = (note): Dialect => {
  const signatures: Signatures = new Set(DUMMIES)
  return {
    protocol: 'gemini',
    matches: path => /\/models\/[^/]+:(?:streamG|g)enerateContent$/.test(path),
    refuse: body => refuse(body, signatures) ?? noteDummies(body, note),
    tools: body =>
      list(body.tools)
        .flatMap(tool => list(tool.functionDeclarations))
        .map(tool => ({
          name: String(tool.name),
          custom: false,
          schema: record(tool.parametersJsonSchema ?? tool.parameters),
        })),
    answered: body => partsOf(body).some(part => part.functionResponse),
    reply(turn, body, path) {
      const shown = record(record(body.generationConfig).thinkingConfig).includeThoughts === true
      const replies = chunks(turn, shown)
      for (const signature of replies.flatMap(signaturesOf)) signatures.add(signature)
      return path.endsWith(':streamGenerateContent')
        ? sse(replies.map(data).join(''))
        : Response.json(whole(replies))
    },
    refused: ({ message, status = 400 }) =>
      Response.json(
        { error: { code: status, message, status: 'INVALID_ARGUMENT' } },
        { status, headers: { 'x-request-id': random() } },
      ),
  }
}

const signaturesOf = (reply: Json): string[] =>
  list(reply.candidates)
    .flatMap(candidate => list(record(candidate.content).parts))
    .flatMap(part => (typeof part.thoughtSignature === 'string' ? [part.thoughtSignature] : []))

function noteDummies(body: Json, note: (text: string) => void): undefined {
  if (partsOf(body).some(part => DUMMIES.includes(String(part.thoughtSignature))))
    note('the thought signature did not come back; a stand-in that skips its check did')
}
