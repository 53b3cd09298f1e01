import { type Asked, UNWRITTEN } from './asked.ts'

/** What the gateway itself adds: marks on what has no place of its own in the other protocol. */
const OURS = [
  /<\/?system-reminder>/g,
  /\[(image|document|audio|video)(attachedbelow)?\]/g,
  /^Error:/g,
]
/** A line of Claude Code for its own vendor's bills; other vendors are not sent it. */
const BILLING = /^x-anthropic-billing-header:/

const plain = (text: string): string => {
  let bare = text.replace(/\s+/g, '')
  for (const mark of OURS) bare = bare.replace(mark, '')
  return bare
}

const short = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}

/** Everything that a request asks in one protocol and does not in another, or the other way round. */
export function differences(sent: Asked, got: Asked): string[] {
  return [
    ...textDifferences(sent, got),
    ...callDifferences(sent, got),
    ...got.strays.map(text => `a result without a call: ${short(text)}`),
    ...mediaDifferences(sent, got),
    ...toolDifferences(sent, got),
    ...memberDifferences(sent, got),
  ]
}

function textDifferences(sent: Asked, got: Asked): string[] {
  let rest = got.texts.map(plain).join('\n')
  const missing: string[] = []
  const said = [...sent.texts, ...sent.strays].filter(text => !BILLING.test(text)).map(plain)
  // Longest first: a short text may be a part of a long one.
  for (const text of said.toSorted((a, b) => b.length - a.length)) {
    const at = rest.indexOf(text)
    if (at === -1) missing.push(`a text is missing: ${short(text)}`)
    else rest = `${rest.slice(0, at)}\n${rest.slice(at + text.length)}`
  }
  const added = rest.replace(/\s+/g, ' ').trim()
  return added === '' ? missing : [...missing, `a text was added: ${short(added)}`]
}

function memberDifferences(sent: Asked, got: Asked): string[] {
  const faults: string[] = []
  // Without functions there is nothing to choose from.
  if (sent.choice !== got.choice && sent.tools.length > 0)
    faults.push(`choice ${sent.choice} ≠ ${got.choice}`)
  if (!Bun.deepEquals(sent.format, got.format))
    faults.push(`format ${short(sent.format)} ≠ ${short(got.format)}`)
  if (sent.cap !== undefined && sent.cap !== null && sent.cap !== got.cap)
    faults.push(`cap ${short(sent.cap)} ≠ ${short(got.cap)}`)
  return faults
}

function callDifferences(sent: Asked, got: Asked): string[] {
  const faults: string[] = []
  if (sent.calls.length !== got.calls.length)
    faults.push(`${sent.calls.length} calls became ${got.calls.length}`)
  for (const [at, call] of sent.calls.entries()) {
    const other = got.calls[at]
    if (!other) continue
    if (call.name !== other.name) faults.push(`call ${at} of ${call.name} is of ${other.name}`)
    if (!Bun.deepEquals(call.arguments, other.arguments))
      faults.push(`arguments of ${call.name}: ${short(call.arguments)} ≠ ${short(other.arguments)}`)
    // What was never answered has to be answered by the gateway.
    if (call.result !== undefined && plain(call.result) !== plain(other.result ?? '-'))
      faults.push(`result of ${call.name}: ${short(call.result)} ≠ ${short(other.result)}`)
  }
  return faults
}

function mediaDifferences(sent: Asked, got: Asked): string[] {
  const missing = sent.media.filter(media => !got.media.includes(media))
  const added = got.media.filter(media => !sent.media.includes(media))
  return [
    ...missing.map(media => `media is missing: ${short(media)}`),
    ...added.map(media => `media was added: ${short(media)}`),
  ]
}

function toolDifferences(sent: Asked, got: Asked): string[] {
  const faults: string[] = []
  const names = (asked: Asked): string => asked.tools.map(({ name }) => name).join(', ')
  if (names(sent) !== names(got)) faults.push(`tools ${short(names(sent))} ≠ ${short(names(got))}`)
  for (const { name, description, schema } of sent.tools) {
    const other = got.tools.find(tool => tool.name === name)
    if (!other) continue
    if (!other.description.includes(description)) faults.push(`description of ${name}`)
    if (schema === UNWRITTEN) continue
    if (!Bun.deepEquals(schema, other.schema))
      faults.push(`schema of ${name}: ${short(schema)} ≠ ${short(other.schema)}`)
  }
  return faults
}
