import { expect, test } from 'bun:test'
import type { Part, PartDelta, StreamEvent } from '../../../src/conversation/index.ts'
import { SequentialEncoder } from '../../../src/protocols/shared/stream-encoder.ts'

/** Notes which part is begun, grown and ended. */
class Notes extends SequentialEncoder<string> {
  protected responseStart(): void {
    this.out.push('start')
  }
  protected partStart(part: Part): void {
    this.out.push(`<${'text' in part ? part.text : part.type}`)
  }
  protected partDelta(delta: PartDelta): void {
    this.out.push('text' in delta ? delta.text : 'delta')
  }
  protected partEnd(): void {
    this.out.push('>')
  }
  protected responseEnd(): void {
    this.over = true
    this.out.push('end')
  }
  protected failed(): void {
    this.over = true
    this.out.push('failed')
  }
}

const begin = (index: number): StreamEvent => ({
  type: 'part-start',
  index,
  part: { type: 'text', text: String(index) },
})
const grow = (index: number, text: string): StreamEvent => ({
  type: 'part-delta',
  index,
  delta: { text },
})
const close = (index: number): StreamEvent => ({ type: 'part-end', index })
const END: StreamEvent = { type: 'response-end', stop: { reason: 'end', raw: null }, usage: {} }

function encoded(events: readonly StreamEvent[]): string[] {
  const notes = new Notes({ model: 'm', id: 'x', atMs: 0 })
  return [...events.map(event => notes.feed(event).join(' ')), notes.end().join(' ')]
}

test('parts one after another are encoded as they come', () => {
  const events = [begin(0), grow(0, 'a'), close(0), begin(1), grow(1, 'b'), close(1), END]
  expect(encoded(events)).toEqual(['<0', 'a', '>', '<1', 'b', '>', 'end', ''])
})

test('a part that begins while another is open waits for its end', () => {
  const events = [begin(0), begin(1), grow(1, 'b'), grow(0, 'a'), close(0), grow(1, 'c'), close(1)]
  expect(encoded([...events, END])).toEqual(['<0', '', '', 'a', '> <1 b', 'c', '>', 'end', ''])
})

test('parts that ended while they waited are encoded whole, in starting order', () => {
  const waiting = [begin(2), begin(1), grow(1, 'b'), close(1), grow(2, 'c'), close(2)]
  const blanks = waiting.map(() => '')
  expect(encoded([begin(0), ...waiting, close(0), END])).toEqual([
    '<0',
    ...blanks,
    '> <2 c > <1 b >',
    'end',
    '',
  ])
})

test('what is still open ends with the response', () => {
  const events = [begin(0), begin(1), grow(1, 'b'), END]
  expect(encoded(events)).toEqual(['<0', '', '', '> <1 b > end', ''])
})

test('a stream that is cut fails once, and nothing follows the end', () => {
  expect(encoded([begin(0)])).toEqual(['<0', 'failed'])
  expect(encoded([END, begin(0), grow(0, 'a')])).toEqual(['end', '', '', ''])
})
