import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../src/conversation/index.ts'
import { createSealScanner, fingerprintOf, scanSeals } from '../../src/protocols/seal-scan.ts'

const SEAL = `ErUBCkYIBxgC${'aB3/+x'.repeat(120)}==`
const OTHER = `gAAAAABo${'Zz9_-q'.repeat(90)}=`
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const print = (value: string) => fingerprintOf({ issuer: '', protocol: 'anthropic', value })!

const CASES: readonly [string, ProtocolId, string, string[]][] = [
  ['a signature', 'anthropic', `{"type":"thinking","signature":"${SEAL}"}`, [SEAL]],
  ['with blanks', 'anthropic', `{"signature" : "${SEAL}"}`, [SEAL]],
  ['redacted thinking', 'anthropic', `{"type":"redacted_thinking","data":"${SEAL}"}`, [SEAL]],
  ['a picture is none', 'anthropic', `{"type":"base64","data":"${SEAL}"}`, []],
  ['text that looks like it is none', 'anthropic', `{"text":"\\"signature\\":\\"${SEAL}\\""}`, []],
  ['an empty one is none', 'anthropic', '{"signature":""}', []],
  ['an object under that name is none', 'anthropic', '{"signature":{"type":"string"}}', []],
  [
    'two items',
    'openai-responses',
    `{"encrypted_content":"${OTHER}"},{"encrypted_content":"${SEAL}"}`,
    [OTHER, SEAL],
  ],
  ['reasoning details', 'openai-chat', `{"type":"reasoning.encrypted","data":"${OTHER}"}`, [OTHER]],
  // Google writes the last characters of base64 escaped; clients send them plain.
  [
    'as Google escapes it',
    'gemini',
    '{"thoughtSignature":"CiQBcsjafA\\u003d\\u003d"}',
    ['CiQBcsjafA=='],
  ],
]

describe('seals are found in wire bytes', () => {
  test.each(CASES)('%s', (_, protocol, text, expected) => {
    expect(scanSeals(bytes(text), protocol)).toEqual(expected.map(print))
  })

  test.each(CASES)('wherever the stream is cut: %s', (_, protocol, text, expected) => {
    for (const size of [1, 2, 3, 7, 64, 511, 512, 513]) {
      const found = new Set<bigint>()
      const scan = createSealScanner(protocol, seal => found.add(seal))
      const whole = bytes(`${' '.repeat(600)}${text}${' '.repeat(600)}`)
      for (let at = 0; at < whole.length; at += size) scan(whole.subarray(at, at + size))
      expect([...found].sort()).toEqual(expected.map(print).sort())
    }
  })
})

test('a Responses item has the fingerprint of its encrypted content', () => {
  const value = JSON.stringify({ type: 'reasoning', id: 'rs_1', encrypted_content: OTHER })
  expect(fingerprintOf({ issuer: '', protocol: 'openai-responses', value })).toBe(print(OTHER))
})
