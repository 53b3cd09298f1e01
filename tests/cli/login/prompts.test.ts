import { describe, expect, test } from 'bun:test'
import { clockText, linkText } from '../../../src/cli/login/prompts.ts'

describe('the clock of this machine', () => {
  test.each([
    ['unknown', undefined, undefined],
    ['right', 299_000, undefined],
    ['fast', 7_200_000, '120 minutes ahead of that of Claude; set it'],
    ['slow', -360_000, '6 minutes behind that of Claude; set it'],
  ])('is %s', (_, aheadMs, words) => {
    const text = clockText('Claude', aheadMs)
    if (words === undefined) expect(text).toBeUndefined()
    else expect(text).toContain(words)
  })
})

test.each([
  ['opened here', { opens: true, tunnel: undefined }, 'the browser is opened'],
  ['opened elsewhere', { opens: false, tunnel: 'ssh -L x' }, '\n\n  ssh -L x\n\n'],
])('a link that is %s', (_, where, words) => {
  const text = linkText('Claude', 'https://v.example/a?b=c', where)
  expect(text).toContain('\n\n  https://v.example/a?b=c\n\n')
  expect(text).toContain(words)
})
