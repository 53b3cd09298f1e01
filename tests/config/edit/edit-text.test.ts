import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Edit, editText } from '../../../src/config/edit/index.ts'

function after(text: string, ...edits: Edit[]): string {
  const result = editText(text, edits)
  return result.ok ? result.text : `refused: ${result.problem}`
}

const set = (path: (string | number)[], value: Extract<Edit, { op: 'set' }>['value']): Edit => ({
  op: 'set',
  path,
  value,
})
const remove = (...path: (string | number)[]): Edit => ({ op: 'remove', path })
const append = (path: (string | number)[], value: Extract<Edit, { op: 'set' }>['value']): Edit => ({
  op: 'append',
  path,
  value,
})

describe('what is not named stays as it is written', () => {
  const FILE = `# who answers
version: 1   # the language

providers:
    echo:   { kind: echo }       # the demo
    "far away":
        kind: 'openai'
        keys: [ "\${ONE}",
                "\${TWO}", ]   # two of them
models:
    coder:
    - echo/echo   # first
    # - far/gone
    - echo/other
    smart: echo/echo
# the end
`
  test.each<[string, Edit, string, string]>([
    ['a scalar', set(['version'], 2), 'version: 1   #', 'version: 2   #'],
    [
      'in flow style, beside a comment',
      set(['providers', 'echo', 'disabled'], true),
      '{ kind: echo }       # the demo',
      '{ kind: echo, disabled: true }       # the demo',
    ],
    [
      'quotes are kept',
      set(['providers', 'far away', 'kind'], "it's"),
      "kind: 'openai'",
      "kind: 'it''s'",
    ],
    [
      'an element beside the last of a list in brackets',
      append(['providers', 'far away', 'keys'], '${THREE}'),
      '"${TWO}", ]',
      '"${TWO}", "${THREE}", ]',
    ],
    [
      'a list without indentation, behind a remark of its own',
      append(['models', 'coder'], 'echo/last'),
      '    - echo/other\n',
      '    - echo/other\n    - echo/last\n',
    ],
    ['an element with its remark', remove('models', 'coder', 0), '    - echo/echo   # first\n', ''],
    [
      'a new member, indented as its neighbours are',
      set(['models', 'quick'], 'echo/echo'),
      '    smart: echo/echo\n',
      '    smart: echo/echo\n    quick: echo/echo\n',
    ],
    [
      'a new section',
      set(['policy', 'keepalive'], '5s'),
      '# the end\n',
      '# the end\npolicy:\n    keepalive: 5s\n',
    ],
    [
      'a list set whole: only what differs in it',
      set(['models', 'coder'], ['echo/echo', 'echo/new', 'echo/other']),
      '    - echo/other\n',
      '    - echo/new\n    - echo/other\n',
    ],
    [
      'a mapping set whole: only what differs in it',
      set(['providers', 'far away'], { kind: 'groq', keys: ['${ONE}', '${TWO}'], priority: 3 }),
      "kind: 'openai'",
      "kind: 'groq'",
    ],
  ])('%s', (_, edit, was, is) => {
    const expected = FILE.replace(was, () => is)
    const found = after(FILE, edit)
    if (edit.op === 'set' && edit.path[1] === 'far away' && edit.path.length === 2)
      expect(found).toBe(expected.replace(/( # two of them\n)/, '$1        priority: 3\n'))
    else expect(found).toBe(expected)
  })

  test('the file that init writes: keys, models and providers come and go', async () => {
    const text = await Bun.file(join(import.meta.dir, '../../../routes.yaml')).text()
    const put = after(
      text,
      append(['api-keys'], { name: 'alice', key: 'x', models: ['coder', 'claude-*'] }),
      set(['models', 'coder', 'context'], '200k'),
      set(['providers', 'mine'], { kind: 'ollama' }),
    )
    expect(put).toContain('  - name: alice\n    key: x\n    models: [ coder, "claude-*" ]\n')
    expect(put).toContain('      - echo/echo\n    context: 200k\n')
    const back = after(
      put,
      remove('api-keys'),
      remove('models', 'coder', 'context'),
      remove('providers', 'mine'),
    )
    expect(back).toBe(text)
  })
})

describe('every style', () => {
  test.each<[string, string, Edit, string]>([
    ['an empty file', '', set(['a', 'b'], 1), 'a:\n  b: 1\n'],
    ['only comments', '# hm', set(['a'], [1]), '# hm\na:\n  - 1\n'],
    ['nothing behind the key', 'a:\nb: 1\n', set(['a', 'x'], 'z'), 'a: { x: z }\nb: 1\n'],
    ['null in words', 'a: ~ # none\n', append(['a'], 'x'), 'a: [ x ] # none\n'],
    ['empty brackets', 'a: {}\n', set(['a', 'x'], 1), 'a: { x: 1 }\n'],
    ['the last member goes', 'a:\n  x: 1 # c\nb: 2\n', remove('a', 'x'), 'a: {}\nb: 2\n'],
    ['the last element goes', 'a: # list\n  - x\n', remove('a', 0), 'a: [] # list\n'],
    ['the last of all goes', '# c\na: 1\n', remove('a'), '# c\n'],
    ['flow: first', 'a: { x: 1, y: 2 }\n', remove('a', 'x'), 'a: { y: 2 }\n'],
    ['flow: last', 'a: { x: 1, y: 2 }\n', remove('a', 'y'), 'a: { x: 1 }\n'],
    ['flow: only', 'a: [ x ]\n', remove('a', 0), 'a: []\n'],
    ['flow: trailing comma', 'a: [x, y,]\n', append(['a'], 'z'), 'a: [x, y, z,]\n'],
    ['flow: quotes where they are needed', 'a: [x]\n', append(['a'], 'y, z'), 'a: [x, "y, z"]\n'],
    [
      'flow: a line of its own',
      'a: [\n  x, # c\n  y, # d\n]\n',
      remove('a', 0),
      'a: [\n  y, # d\n]\n',
    ],
    ['flow: the last line', 'a: [\n  x, # c\n  y # d\n]\n', remove('a', 1), 'a: [\n  x # c\n]\n'],
    ['flow: a line for two', 'a: [\n  x, y,\n  z ]\n', remove('a', 0), 'a: [\n  y,\n  z ]\n'],
    ['flow: only, with a comma', 'a: [ x, ]\n', remove('a', 0), 'a: []\n'],
    ['compact: first member', '- a: 1\n  b: 2\n', remove(0, 'a'), '- b: 2\n'],
    ['compact: only member', '- a: 1 # c\n- x\n', remove(0, 'a'), '- {} # c\n- x\n'],
    ['compact: whole', '- a: 1\n  b: 2\n- x\n', set([0], 'z'), '- z\n- x\n'],
    ['block for scalar', 'a: # c\n  b: 1\nd: 2\n', set(['a'], 'x'), 'a: x # c\nd: 2\n'],
    ['block for block', 'a: # c\n  b: 1\nd: 2\n', set(['a'], { c: 3 }), 'a: # c\n  c: 3\nd: 2\n'],
    ['scalar for literal', 'a: |\n  x\n  y\nb: 1\n', set(['a'], 'z'), 'a: z\nb: 1\n'],
    ['CRLF', 'a: 1\r\nb:\r\n  - x\r\n', append(['b'], 'z'), 'a: 1\r\nb:\r\n  - x\r\n  - z\r\n'],
    ['no last line break', 'a: 1\nb: 2', set(['c'], 3), 'a: 1\nb: 2\nc: 3'],
    ['no last line break: last goes', 'a: 1\r\nb: 2', remove('b'), 'a: 1'],
    ['byte order mark', '\uFEFFa: 1\n', set(['b'], 2), '\uFEFFa: 1\nb: 2\n'],
    ['document marks', '---\na: 1\n...\n', set(['b'], 2), '---\na: 1\nb: 2\n...\n'],
    ['texts that look like others', 'a: 1\n', set(['a'], 'true'), 'a: "true"\n'],
    ['a name in quotes', 'a: 1\n', set(['*b: c'], 'x y'), 'a: 1\n"*b: c": "x y"\n'],
    ['a number as a name', 'a:\n  1: x\n', set(['a', '1'], 'z'), 'a:\n  1: z\n'],
    ['the same value', 'a: "x" # as it is\n', set(['a'], 'x'), 'a: "x" # as it is\n'],
    [
      'before an element',
      'a:\n  - x\n',
      { op: 'insert', path: ['a', 0], value: 'z' },
      'a:\n  - z\n  - x\n',
    ],
  ])('%s', (_, text, edit, expected) => expect(after(text, edit)).toBe(expected))
})

describe('anchors: no other place changes with the one that is named', () => {
  const SHARED = 'base: &b { k: 1, in: { x: 1 } }\nother: *b\nmerged:\n  <<: *b\n  own: 2 # mine\n'

  test.each<[string, Edit, string]>([
    ['through an alias', set(['other', 'k'], 2), 'other is the alias *b'],
    [
      'where the anchor stands',
      set(['base', 'k'], 2),
      'base has the anchor &b, which is also used on line 2, 4',
    ],
    [
      'the anchor itself',
      remove('base'),
      'base has the anchor &b, which is also used on line 2, 4',
    ],
    ['deeper in what is merged', set(['merged', 'in', 'x'], 2), 'merged.in comes from a merge'],
    ['taking out what is merged', remove('merged', 'k'), 'merged.k comes from a merge'],
    ['the merge itself', set(['merged', '<<'], 1), '"<<" cannot be edited'],
  ])('refused: %s', (_, edit, words) => expect(after(SHARED, edit)).toContain(`refused: ${words}`))

  test.each<[string, Edit, string, string]>([
    ['the alias as a whole', set(['other'], { k: 2 }), 'other: *b', 'other: { k: 2 }'],
    ['removing an alias', remove('other'), 'other: *b\n', ''],
    [
      'a member of one’s own over a merged one',
      set(['merged', 'k'], 2),
      '# mine\n',
      '# mine\n  k: 2\n',
    ],
    ['a member beside the merge', set(['merged', 'own'], 3), 'own: 2', 'own: 3'],
  ])('done: %s', (_, edit, was, is) =>
    expect(after(SHARED, edit)).toBe(SHARED.replace(was, () => is)),
  )

  test('an own member over a merged one goes, and the merged one shows again', () => {
    const text = 'base: &b { k: 1 }\nmerged:\n  <<: *b\n  k: 2\n'
    expect(after(text, remove('merged', 'k'))).toBe('base: &b { k: 1 }\nmerged:\n  <<: *b\n')
  })

  test('an anchor without aliases does not stop an edit', () => {
    expect(after('a: &x [ 1 ]\n', append(['a'], 2))).toBe('a: &x [ 1, 2 ]\n')
  })

  test('an anchor inside a value that goes, used outside of it', () => {
    expect(after('a: { b: &x 1 }\nc: *x\n', remove('a'))).toContain('also used on line 2')
  })
})

describe('what cannot be done is refused, with the reason', () => {
  test.each<[string, string, Edit, string]>([
    ['does not parse', 'a: [\n', set(['a'], 1), 'line 2 does not parse'],
    ['no such member', 'a: 1\n', remove('b'), 'there is no b to remove'],
    ['no such element', 'a: [ 1 ]\n', set(['a', 5], 1), 'a has 1 elements, so there is no a[5]'],
    ['a list by name', 'a: [ 1 ]\n', set(['a', 'x'], 1), 'a is a list'],
    ['into a scalar', 'a: 1\n', set(['a', 'x'], 1), 'a is neither a mapping nor a list'],
    ['append to a mapping', 'a: {}\n', append(['a'], 1), 'a is not a list'],
    ['everything', 'a: 1\n', set([], 1), 'the path is empty'],
    ['two documents', 'a: 1\n---\nb: 1\n', set(['a'], 2), 'line 2 does not parse'],
    [
      'a remark that would end up in a text',
      'a: |\n  x\nb: 1\n\n  # remark\n',
      remove('b'),
      'b cannot be changed without changing more',
    ],
  ])('%s', (_, text, edit, words) => expect(after(text, edit)).toContain(`refused: `.concat(words)))

  test('values of the file are never in the words', () => {
    const text = 'keys: [ sk-secret ]\nmore: &x sk-other\nagain: *x\n'
    for (const edit of [
      set(['keys', 9], 1),
      remove('more'),
      set(['again', 'x'], 1),
      set(['keys', 'a'], 1),
    ])
      expect(after(text, edit)).not.toContain('sk-')
  })
})
