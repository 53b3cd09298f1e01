import type { Part } from './part.ts'
import type { PartDelta } from './response.ts'

/** The part with what has come to it; one that cannot take it stays as it is. */
export function appendDelta(part: Part, delta: PartDelta): Part {
  if ('text' in delta)
    return part.type === 'text' || part.type === 'thinking' || part.type === 'refusal'
      ? { ...part, text: part.text + delta.text }
      : part
  if ('arguments' in delta)
    return part.type === 'tool-call'
      ? { ...part, arguments: part.arguments + delta.arguments }
      : part
  if ('seal' in delta)
    return {
      ...part,
      seal: { ...delta.seal, value: `${part.seal?.value ?? ''}${delta.seal.value}` },
    }
  return part.type === 'text'
    ? { ...part, citations: [...(part.citations ?? []), delta.citation] }
    : part
}
