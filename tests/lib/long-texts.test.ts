import { describe, expect, test } from 'bun:test'
import { normaliseBaseUrl } from '../../src/config/sections/base-url.ts'
import { plainText } from '../../src/lib/plain-text.ts'
import { anthropic } from '../../src/protocols/anthropic/index.ts'
import { gemini } from '../../src/protocols/gemini/index.ts'
import { redactUrl } from '../../src/redaction/redact.ts'
import { looksSecret } from '../../src/redaction/values.ts'
import { localGateway } from '../support/local-gateway.ts'
import { diagnosticsOf } from '../support/routes.ts'

/**
 * Texts that a pattern which looks back again and again would read for minutes: each is done in
 * milliseconds, or the test's time is over.
 */
const LONG = 600_000
const repeated = (text: string): string => text.repeat(LONG / text.length)

describe('long texts are read once', () => {
  test.each<[string, () => unknown, unknown]>([
    ['an error page of scripts without an end', () => plainText(repeated('<script>')), ''],
    ['an error page of brackets', () => plainText(repeated('<')).length, 501],
    ['a word', () => looksSecret(repeated('a')), false],
    ['a parameter', () => looksSecret(`?${repeated('key')}`), false],
    ['question marks in a URL', () => redactUrl(repeated('?')).length, LONG],
    [
      'versions in an address',
      () => normaliseBaseUrl(`http://a${repeated('/v1')}/x`, 'openai-chat'),
      undefined,
    ],
    [
      "a Gemini error's words",
      () =>
        gemini.decodeError(
          400,
          new Headers(),
          JSON.stringify({ error: { message: repeated('token count') } }),
          0,
        ).code,
      'invalid-request',
    ],
    [
      "an Anthropic error's words",
      () =>
        anthropic.decodeError(
          400,
          new Headers(),
          JSON.stringify({ error: { message: repeated('exceed') } }),
          0,
        ).code,
      'invalid-request',
    ],
  ])('%s', (_, read, expected) => expect(read()).toEqual(expected))

  test('references without an end in routes.yaml', () =>
    expect(diagnosticsOf(`server: { host: "${'${file:'.repeat(20_000)}" }\n`)).not.toEqual([]))

  test('a prompt of steps without an end, for echo', async () => {
    const gateway = localGateway(
      'models: { m: echo/echo }\nproviders: { echo: { kind: echo } }\n',
      () => new Response(),
    )
    const response = await gateway.call('/v1/chat/completions', {
      json: { model: 'm', messages: [{ role: 'user', content: repeated('[[say ') }] },
    })
    expect(response.status).toBe(200)
  })
})

test.each([
  ['<p>Not <b>here</b></p>', 'Not here'],
  ['a<script>var x = "<b>"</script>b<style>i{}</STYLE >c', 'a b i{} c'],
  ['<SCRIPT src=x>y</SCRIPT>\n  z', 'z'],
  ['1 < 2', '1 < 2'],
  ['no tags', 'no tags'],
  ['', ''],
])('the words of %j', (body, words) => expect(plainText(body)).toBe(words))
