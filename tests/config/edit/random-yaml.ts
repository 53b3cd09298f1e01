import fc from 'fast-check'

/**
 * YAML as people write it: block and flow style, compact lists, comments and blank lines anywhere,
 * every quoting style, CRLF, a missing last line break. Without anchors, so that any place of it
 * can be edited.
 */

type Lines = string[]

const key = fc.stringMatching(/^[a-z][a-z-]{0,5}$/)
const word = fc.stringMatching(/^[a-z][a-z0-9/-]{0,7}$/)
const scalar = fc.oneof(
  word,
  word.map(one => `"${one} # no: comment"`),
  word.map(one => `'${one}''s, [x]'`),
  fc.integer({ min: 0, max: 999 }).map(String),
  fc.constantFrom('true', 'null', '~', '"${NAME:-x}"', '"claude-*"', '1.50'),
)
const comment = fc.constantFrom('', '', '', ' # why', '   # it\'s "so": [', ' #')

const flow: fc.Arbitrary<string> = fc.letrec<{ any: string; list: string; map: string }>(tie => ({
  any: fc.oneof({ maxDepth: 2, withCrossShrink: true }, scalar, tie('list'), tie('map')),
  list: fc
    .tuple(fc.array(tie('any'), { maxLength: 3 }), fc.constantFrom(' ', ''), fc.boolean())
    .map(([items, pad, comma]) =>
      items.length === 0 ? `[${pad}]` : `[${pad}${items.join(`,${pad}`)}${comma ? ',' : ''}${pad}]`,
    ),
  map: fc
    .tuple(
      fc.uniqueArray(fc.tuple(key, tie('any')), { maxLength: 3, selector: ([name]) => name }),
      fc.constantFrom(' ', ''),
      fc.boolean(),
    )
    .map(([items, pad, comma]) =>
      items.length === 0
        ? `{${pad}}`
        : `{${pad}${items.map(([name, one]) => `${name}: ${one}`).join(', ')}${comma ? ',' : ''}${pad}}`,
    ),
})).any

const between = fc.array(fc.constantFrom('', '# a remark', '  # indented', '      # deep'), {
  maxLength: 2,
})

/** A value: what stands behind the mark, and the lines below it, indented by `indent`. */
type Value = (indent: number) => { behind: string; below: Lines }

const inline: fc.Arbitrary<Value> = fc
  .tuple(fc.oneof(scalar, flow), comment)
  .map(([text, remark]) => () => ({ behind: ` ${text}${remark}`, below: [] }))

const multiLineFlow: fc.Arbitrary<Value> = fc
  .tuple(fc.array(fc.tuple(flow, comment), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([items, comma]) => indent => ({
    behind: ' [',
    below: [
      ...items.map(
        ([text, remark], index) =>
          `${' '.repeat(indent + 2)}${text}${index < items.length - 1 || comma ? ',' : ''}${remark}`,
      ),
      `${' '.repeat(indent + 1)}]`,
    ],
  }))

const literal: fc.Arbitrary<Value> = fc
  .tuple(fc.constantFrom('|', '|-', '>'), fc.array(word, { minLength: 1, maxLength: 3 }))
  .map(([head, words]) => indent => ({
    behind: ` ${head}`,
    below: words.map(one => ' '.repeat(indent + 2) + one),
  }))

const { value, block } = fc.letrec<{ value: Value; map: Value; list: Value; block: Value }>(
  tie => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      inline,
      multiLineFlow,
      literal,
      tie('map'),
      tie('list'),
    ),
    block: fc.oneof(tie('map'), tie('list')),
    map: fc
      .tuple(
        fc.uniqueArray(fc.tuple(key, tie('value'), between), {
          minLength: 1,
          maxLength: 4,
          selector: ([name]) => name,
        }),
        fc.constantFrom(1, 2, 4),
        comment,
      )
      .map(([items, step, remark]) => indent => ({
        behind: remark,
        below: items.flatMap(([name, one, remarks]) => {
          const { behind, below } = one(indent + step)
          return [...remarks, `${' '.repeat(indent + step)}${name}:${behind}`, ...below]
        }),
      })),
    list: fc
      .tuple(
        fc.array(fc.tuple(tie('value'), between), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0, 2),
        comment,
      )
      .map(([items, step, remark]) => indent => ({
        behind: remark,
        below: items.flatMap(([one, remarks]) => {
          // A collection in a list may begin behind the dash.
          const { behind, below } = one(indent + step)
          const [first = '', ...rest] = below
          const own = ' '.repeat(indent + step + 2)
          const compact = behind === '' && first.startsWith(own) && first[own.length] !== ' '
          const lines = compact ? [` ${first.slice(own.length)}`, ...rest] : [behind, ...below]
          return [...remarks, `${' '.repeat(indent + step)}-${lines[0]}`, ...lines.slice(1)]
        }),
      })),
  }),
)

/** A whole file: a mapping, with everything that may stand around it. */
export const yamlText: fc.Arbitrary<string> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(key, fc.oneof(value, block), between), {
      minLength: 1,
      maxLength: 4,
      selector: ([name]) => name,
    }),
    between,
    fc.constantFrom('\n', '\n', '\r\n'),
    fc.boolean(),
    fc.constantFrom('', '', '\uFEFF', '---\n'),
  )
  .map(([items, tail, eol, closed, head]) => {
    const lines = items.flatMap(([name, one, remarks]) => {
      const { behind, below } = one(0)
      return [...remarks, `${name}:${behind}`, ...below]
    })
    return head + [...lines, ...tail].join(eol) + (closed ? eol : '')
  })
