import { describe, expect, test } from 'bun:test'
import { isQuotable, isReference, looksRandom, looksSecret } from '../../src/redaction/values.ts'

describe('what a secret looks like', () => {
  test.each<[string, boolean]>([
    ['sk-proj-abcdefgh', true],
    ['AIzaSyA1234567', true],
    ['ya29.a0AfH6SMB', true],
    ['eyJhbGciOiJIUzI1', true],
    ['-----BEGIN PRIVATE KEY-----', true],
    ['https://me:word@proxy.test', true],
    ['https://a.test/v1?api-key=x', true],
    ['https://a.test/v1?api-version=2024-10-21', false],
    ['claude-sonnet-4-5', false],
    ['gpt-5.5', false],
    ['', false],
  ])('%s', (value, expected) => expect(looksSecret(value)).toBe(expected))

  test.each<[string, boolean]>([
    ['${NAME}', true],
    ['Bearer ${NAME}', true],
    ['${file:key.txt}', true],
    ['$x-request-id', true],
    ['${NAME:-}', true],
    ['${NAME:-fallback}', false],
    ['Bearer abc', false],
  ])('%s only points at one: %p', (value, expected) => expect(isReference(value)).toBe(expected))

  test.each<[string, boolean]>([
    ['550e8400-e29b-41d4-a716-446655440000', true],
    ['Xy7canary19zzzz', true],
    ['claude-opus-4-5-20251101', false],
    ['remembering', false],
  ])('a word of a comment, %s: %p', (word, expected) => expect(looksRandom(word)).toBe(expected))

  test.each<[string, boolean]>([
    ['round-robin', true],
    ['sk-short', false],
    ['a'.repeat(20), false],
    ['two words '.repeat(5), false],
  ])('a diagnostic may quote %s: %p', (value, expected) => expect(isQuotable(value)).toBe(expected))
})
