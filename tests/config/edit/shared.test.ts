import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseDocument } from 'yaml'
import { type Edit, editText } from '../../../src/config/edit/index.ts'
import type { JsonValue } from '../../../src/lib/json/json.ts'
import type { Path } from '../../../src/lib/path.ts'
import { yamlText } from './random-yaml.ts'

/** Any file with anchors, aliases, merges and names that occur twice. */
const shared = fc
  .tuple(
    yamlText,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('&a', '&b', '*a', '*b', '<<: *a', 'double')), {
      maxLength: 6,
    }),
  )
  .map(([text, places]) => {
    const lines = text.split('\n')
    for (const [pick, what] of places) {
      const at = pick % lines.length
      const line = lines[at] ?? ''
      const [, indent = '', name] = /^(\s*)([a-z-]+):/.exec(line) ?? []
      if (name === undefined) continue
      if (what.startsWith('<<')) lines.splice(at, 0, `${indent}${what}`)
      else if (what === 'double') lines.splice(at, 0, `${indent}${name}: 1`)
      else if (what.startsWith('*')) lines[at] = `${indent}${name}: ${what}`
      else lines[at] = line.replace(':', `: ${what}`)
    }
    return lines.join('\n')
  })

function dataOf(text: string): JsonValue | undefined {
  const document = parseDocument(text, { uniqueKeys: false, merge: true })
  if (document.errors.length > 0) return undefined
  try {
    return JSON.parse(JSON.stringify(document.toJS() ?? {}))
  } catch {
    return undefined
  }
}

type Place = { path: Path; value: JsonValue }

function places(value: JsonValue, path: Path = []): Place[] {
  if (typeof value !== 'object' || value === null || path.length > 6) return [{ path, value }]
  const inside = Object.entries(value).flatMap(([key, inner = null]) =>
    places(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  )
  return [{ path, value }, ...inside]
}

/** As JSON, in which whatever stands at the path is `mark`. */
function marked(data: JsonValue, path: Path): string {
  const copy: JsonValue = structuredClone(data)
  let parent: unknown = copy
  for (const segment of path.slice(0, -1)) parent = Reflect.get(Object(parent), segment)
  Reflect.set(Object(parent), path.at(-1) ?? '', 'mark')
  return JSON.stringify(copy)
}

const newValue = fc.constantFrom<JsonValue>('x', 'a: b', null, 7, [], {}, ['x', 'y'], { k: [1] })

test('any file with anchors: an edit is refused, or its place alone reads differently', () => {
  let done = 0
  fc.assert(
    fc.property(shared, fc.nat(), newValue, fc.boolean(), (text, pick, value, inside) => {
      const data = dataOf(text)
      if (data === undefined) return
      const all = places(data).slice(1)
      const place = all[pick % Math.max(1, all.length)]
      if (!place) return
      const isMap = Object.prototype.toString.call(place.value) === '[object Object]'
      const path = inside && isMap ? [...place.path, 'new-member'] : place.path
      const edit: Edit = { op: 'set', path, value }
      const result = editText(text, [edit])
      if (!result.ok) return
      done++
      const after = dataOf(result.text)
      expect(after && marked(after, path)).toBe(marked(data, path))
      const at = places(after ?? null).find(found => found.path.join('\0') === path.join('\0'))
      expect(JSON.stringify(at?.value)).toBe(JSON.stringify(value))
      // No line but those of the place is another one.
      const lines = new Set(result.text.split('\n'))
      const gone = text.split('\n').filter(line => !lines.has(line))
      expect(gone.length).toBeLessThanOrEqual(JSON.stringify(place.value).length)
    }),
    { seed: 20_261_121, numRuns: 400 },
  )
  expect(done).toBeGreaterThan(150)
}, 60_000)

test('any file with anchors: what goes is refused, or goes alone', () => {
  let done = 0
  fc.assert(
    fc.property(shared, fc.nat(), (text, pick) => {
      const data = dataOf(text)
      if (data === undefined) return
      const all = places(data).slice(1)
      const place = all[pick % Math.max(1, all.length)]
      if (!place) return
      const result = editText(text, [{ op: 'remove', path: place.path }])
      if (!result.ok) return
      done++
      const lines = text.split('\n')
      const added = result.text.split('\n').filter(line => !lines.includes(line))
      expect(dataOf(result.text)).toBeDefined()
      expect(added.length).toBeLessThanOrEqual(2)
    }),
    { seed: 20_261_121, numRuns: 400 },
  )
  expect(done).toBeGreaterThan(150)
}, 60_000)
