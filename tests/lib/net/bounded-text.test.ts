import { expect, test } from 'bun:test'
import { boundedText } from '../../../src/lib/net/bounded-text.ts'

test.each([
  ['a text that is short enough', 'grüße', 7, 'grüße'],
  ['none', '', 0, ''],
  ['one byte too many', 'grüße', 6, undefined],
])('%s', async (_, body, maxBytes, expected) =>
  expect(await boundedText(new Response(body), maxBytes)).toBe(expected),
)

test('a reply that never ends is left as soon as it is too long', async () => {
  let left = false
  const endless = new ReadableStream({
    pull: controller => controller.enqueue(new Uint8Array(10)),
    cancel: () => {
      left = true
    },
  })
  expect(await boundedText(new Response(endless), 35)).toBeUndefined()
  expect(left).toBe(true)
})
