/** A turn as Gemini's chunks, or as the one reply they add up to. */
import { DEFAULT_TOKENS, type Turn } from '../dialect.ts'
import { type Json, list, random, record, seal } from '../json.ts'
import { pieces } from '../stream.ts'

/** Of thoughts only a summary is shown, and that only on request; the signature is always there. */
export function chunks(turn: Turn, thoughtsShown: boolean): Json[] {
  const { calls } = turn
  const usage = usageOf(turn)
  const parts: Json[] = [
    ...(thoughtsShown ? [{ text: turn.thought, thought: true }] : []),
    ...pieces(turn.text).map(text => ({ text })),
    ...calls.map(({ tool, input }, index) => callPart(tool.name, input as Json, index === 0)),
  ]
  // A reply without calls is signed on an empty last part.
  const last = calls.length > 0 ? { text: '' } : { text: '', thoughtSignature: seal() }
  const base = { modelVersion: 'scripted', responseId: random() }
  return [
    ...parts.map(part => ({ candidates: [candidate([part])], usageMetadata: usage, ...base })),
    {
      candidates: [{ ...candidate([last]), finishReason: 'STOP' }],
      usageMetadata: usage,
      ...base,
    },
  ]
}

/** Of parallel calls only the first one is signed. */
const callPart = (name: string, args: Json, signed: boolean): Json => ({
  functionCall: { name, args, id: random(8).toLowerCase() },
  ...(signed ? { thoughtSignature: seal() } : {}),
})
const candidate = (parts: Json[]): Json => ({ content: { parts, role: 'model' }, index: 0 })
const usageOf = ({ tokens = DEFAULT_TOKENS }: Turn): Json => ({
  promptTokenCount: tokens,
  candidatesTokenCount: 12,
  totalTokenCount: tokens + 20,
  thoughtsTokenCount: 8,
  promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }],
})

export function whole(replies: Json[]): Json {
  const parts: Json[] = []
  for (const part of replies.flatMap(partsOfReply)) {
    const last = parts.at(-1)
    if (isPlain(part) && last && isPlain(last)) last.text = `${last.text}${part.text}`
    else if (!isPlain(part) || part.text !== '') parts.push({ ...part })
  }
  return { ...replies.at(-1), candidates: [{ ...candidate(parts), finishReason: 'STOP' }] }
}

const partsOfReply = (reply: Json): Json[] =>
  list(reply.candidates).flatMap(one => list(record(one.content).parts))
const isPlain = (part: Json): boolean =>
  part.text !== undefined && !part.thought && part.thoughtSignature === undefined
