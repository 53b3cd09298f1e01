import { type ByteReplacer, replaceBytes } from '../../lib/streams/byte-replace.ts'

/**
 * Replaces the served model by the asked one in a stream that passes through, spelled as the stream's
 * own beginning spells it. `member`: what the protocol calls the model. Undefined: there is nothing
 * to replace.
 */
export function renameModel(
  beginning: Uint8Array,
  member: string,
  served: string | undefined,
  asked: string,
): ByteReplacer | undefined {
  if (!served || served === asked) return undefined
  const members = new RegExp(`("${member}"\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*")`, 'g')
  for (const [text, lead = '', value = ''] of decoder.decode(beginning).matchAll(members)) {
    if (!isSpelling(value, served)) continue
    const renamed = lead + JSON.stringify(asked)
    return replaceBytes(encoder.encode(text), encoder.encode(renamed))
  }
  return undefined
}

/** Whether a JSON string spells the text; some services escape the slashes in it. */
function isSpelling(json: string, text: string): boolean {
  try {
    return JSON.parse(json) === text
  } catch {
    return false
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
