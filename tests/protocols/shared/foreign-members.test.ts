import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { codecFor } from '../../../src/protocols/index.ts'
import { foreignLosses } from '../../../src/protocols/shared/foreign-members.ts'

function losses(from: ProtocolId, members: JsonObject, to: ProtocolId) {
  const envelope = { model: 'm', stream: false }
  return foreignLosses(codecFor(from).decodeRequest(members, envelope), to)
}

const paths = (from: ProtocolId, members: JsonObject, to: ProtocolId): string[] =>
  losses(from, members, to).map(({ path }) => path)

describe('members that another protocol has no word for', () => {
  test.each<[string, ProtocolId, JsonObject, string[]]>([
    ['one that asks for something', 'openai-chat', { logit_bias: { 5: 1 } }, ['logit_bias']],
    ['one that only says who asks', 'openai-chat', { user: 'u', metadata: {} }, []],
    ['one whose value is the default', 'openai-chat', { logprobs: false, n: 1 }, []],
    ['more than one choice', 'openai-chat', { n: 2 }, ['n']],
    ['one that was understood', 'openai-chat', { stop: 'END', max_tokens: 5, tools: [] }, []],
    [
      'parts of a configuration of which others are understood',
      'anthropic',
      { output_config: { effort: 'high', task_budget: 5 } },
      ['output_config.task_budget'],
    ],
    ['one of Gemini’s', 'gemini', { labels: { a: 'b' }, cachedContent: 'c' }, ['cachedContent']],
    ['one of Responses’', 'openai-responses', { store: true, top_logprobs: 3 }, ['top_logprobs']],
  ])('%s', (_, from, members, expected) => {
    const to = from === 'gemini' ? 'anthropic' : 'gemini'
    expect(paths(from, members, to)).toEqual(expected)
  })

  test('none is lost to an upstream of the client’s own protocol', () => {
    expect(losses('openai-chat', { logit_bias: { 5: 1 } }, 'openai-chat')).toEqual([])
  })

  test('a turn of a thread that its own service holds is refused elsewhere', () => {
    const members = { thread: { type: 'continue', previous_message_id: 'msg_1' } }
    expect(() => losses('anthropic', members, 'openai-chat')).toThrow('no thread with the message')
    expect(losses('anthropic', members, 'anthropic')).toEqual([])
  })
})
