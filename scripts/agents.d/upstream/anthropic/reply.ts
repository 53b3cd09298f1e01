/** A turn as an Anthropic message, whole or as its events. */
import { DEFAULT_TOKENS, sayInput, type Turn } from '../dialect.ts'
import { type Json, random, seal } from '../json.ts'
import { named, pieces } from '../stream.ts'

type Message = Json & { content: Json[]; stop_reason: string; usage: Json }

export function message(turn: Turn, thinking: boolean): Message {
  const content: Json[] = [
    ...(thinking ? [{ type: 'thinking', thinking: turn.thought, signature: seal() }] : []),
    { type: 'text', text: turn.text },
    ...turn.calls.map(({ tool, input }) => ({
      type: 'tool_use',
      id: `toolu_${random()}`,
      name: tool.name,
      input,
    })),
  ]
  return {
    id: `msg_${random()}`,
    type: 'message',
    role: 'assistant',
    model: 'scripted',
    content,
    stop_reason: turn.calls.length > 0 ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: turn.tokens ?? DEFAULT_TOKENS, output_tokens: 20 },
  }
}

export function events({ content, stop_reason, usage, ...rest }: Message): string {
  const opened = { ...rest, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }
  return [
    named('message_start', { message: opened }),
    named('ping', {}),
    ...content.flatMap((block, index) => [
      named('content_block_start', { index, content_block: begun(block) }),
      ...deltas(block).map(delta => named('content_block_delta', { index, delta })),
      named('content_block_stop', { index }),
    ]),
    named('message_delta', { delta: { stop_reason, stop_sequence: null }, usage }),
    named('message_stop', {}),
  ].join('')
}

function begun(block: Json): Json {
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' }
  if (block.type === 'text') return { type: 'text', text: '' }
  return { ...block, input: {} }
}

function deltas(block: Json): Json[] {
  if (block.type === 'thinking')
    return [
      ...pieces(String(block.thinking)).map(thinking => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: block.signature },
    ]
  if (block.type === 'text')
    return pieces(String(block.text)).map(text => ({ type: 'text_delta', text }))
  const input = sayInput(block.input as Json)
  return ['', ...pieces(input)].map(partial_json => ({ type: 'input_json_delta', partial_json }))
}
