import { describe, expect, test } from 'bun:test'
import { parseHypothetical, type RequestOptions } from '../../src/gateway/hypothetical.ts'

const parsed = (options: RequestOptions) => parseHypothetical(options, name => `--${name}`)

describe('conditions of a request that is not sent', () => {
  test.each<[string, RequestOptions, object]>([
    ['none', {}, { stream: true, thinking: false, images: false }],
    ['a count', { 'input-tokens': '200k' }, { inputTokens: 200_000 }],
    ['an hour', { hour: '7' }, { hour: 7 }],
    ['a protocol', { protocol: 'gemini' }, { protocol: 'gemini' }],
    ['headers', { header: ['X-A=1', 'B=c=d'] }, { headers: { 'x-a': '1', b: 'c=d' } }],
    ['needs', { needs: ['images,tools'] }, { needs: ['images', 'tools'] }],
    ['no stream', { stream: false }, { stream: false }],
  ])('%s', (_, options, expected) => {
    expect(parsed(options)).toMatchObject(expected)
  })

  test.each<[RequestOptions, string]>([
    [{ client: 'amq' }, '--client amq: expected one of amp'],
    [{ protocol: 'http' }, '--protocol http: expected one of anthropic'],
    [{ hour: '24' }, '--hour 24: expected 0 to 23'],
    [{ 'input-tokens': 'many' }, '--input-tokens many: expected a count such as 200k'],
    [{ header: ['no'] }, '--header no: expected NAME=VALUE'],
    [{ needs: ['images,eyes'] }, '--needs eyes: expected some of'],
  ])('refused: %j', (options, message) => {
    expect(() => parsed(options)).toThrow(message)
  })
})
