import { expect, test } from 'bun:test'
import { scanObject } from '../../../src/lib/json/json-bytes.ts'
import { sessionOf } from '../../../src/protocols/shared/session.ts'

function session(headers: Record<string, string>, json = '{}'): string | undefined {
  const body = new TextEncoder().encode(json)
  return sessionOf(new Headers(headers), body, scanObject(body))
}
const user = (id: string): string => JSON.stringify({ metadata: { user_id: id } })

test.each<[string, Record<string, string>, string, string | undefined]>([
  ['no name', {}, '{"model":"m"}', undefined],
  ['Claude Code’s header', { 'x-claude-code-session-id': 's' }, '{}', 's'],
  ['Codex’s header', { 'session-id': 's' }, '{}', 's'],
  ['the first of two headers', { 'x-session-id': 'b', 'session-id': 'a' }, '{}', 'a'],
  ['a header before a member', { 'x-session-id': 'a' }, '{"session_id":"b"}', 'a'],
  ['blanks around it', { 'x-session-id': ' a ' }, '{}', 'a'],
  ['an empty header gives way', { 'x-session-id': '' }, '{"session_id":"b"}', 'b'],
  ['a member', {}, '{"session_id":"s"}', 's'],
  ['the cache key', {}, '{"prompt_cache_key":"s"}', 's'],
  ['a conversation by its id', {}, '{"conversation":"s"}', 's'],
  ['a conversation as an object', {}, '{"conversation":{"id":"s"}}', 's'],
  ['a session in the user’s JSON', {}, user('{"session_id":"s"}'), 's'],
  ['a session behind the user’s word', {}, user('user_a_account__session_s-1'), 's-1'],
  ['a user without a session', {}, user('ann'), undefined],
  ['a user that is no text', {}, '{"metadata":{"user_id":5}}', undefined],
  ['a member that is no text', {}, '{"session_id":5}', undefined],
  ['a broken member gives way', {}, '{"session_id":"\\x","prompt_cache_key":"s"}', 's'],
  ['256 characters', { 'x-session-id': 'a'.repeat(256) }, '{}', 'a'.repeat(256)],
  ['257 characters', { 'x-session-id': 'a'.repeat(257) }, '{}', undefined],
  ['a value of kilobytes', {}, `{"session_id":"${'a'.repeat(5_000)}"}`, undefined],
  ['letters beyond ASCII', {}, '{"session_id":"é"}', undefined],
  ['a line break', {}, '{"session_id":"a\\nb"}', undefined],
])('%s', (_, headers, json, expected) => expect(session(headers, json)).toBe(expected as string))
