import { describe, expect, test } from 'bun:test'
import { dirname, join, normalize } from 'node:path'
import { Glob } from 'bun'

/** From the top down: a folder may import those on the floors below it, and none beside it. */
const FLOORS = [
  ['main', 'index'],
  ['cli'],
  ['app'],
  ['management'],
  ['http'],
  ['gateway'],
  ['import', 'discovery', 'observability'],
  ['config', 'exchange'],
  ['redaction'],
  ['routing'],
  ['credentials'],
  ['providers'],
  ['protocols'],
  ['conversation'],
  ['store'],
  ['lib'],
  ['version'],
]

/** Inside these, folders do not know each other, but for what they share. */
const STRANGERS = ['protocols', 'store']
const SHARED = 'shared'

type Import = { from: string; to: string }

function importsOf(file: string, code: string): Import[] {
  const found: Import[] = []
  const pattern = /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)/g
  for (const [, named, lazy] of code.matchAll(pattern)) {
    const to = named ?? lazy ?? ''
    if (to.startsWith('.')) found.push({ from: file, to: normalize(join(dirname(file), to)) })
  }
  return found
}

const floorOf = (file: string): number => FLOORS.findIndex(rooms => rooms.includes(room(file)))

const room = (file: string): string => (file.split('/')[0] ?? '').replace(/\.ts$/, '')

function complaint({ from, to }: Import): string | undefined {
  if (/\.(yaml|json|html|css|js)$/.test(to)) return undefined
  if (!to.endsWith('.ts')) return `${from} imports ${to} without its extension`
  const [above, below] = [floorOf(from), floorOf(to)]
  if (above === -1 || below === -1) return `${from} or ${to} is in no known folder`
  if (below < above) return `${from} imports upward: ${to}`
  if (below === above && room(from) !== room(to)) return `${from} imports beside itself: ${to}`
  const [group, mine] = from.split('/')
  const [, theirs, deeper] = to.split('/')
  const siblings =
    STRANGERS.includes(group ?? '') && room(to) === group && from.split('/').length > 2
  if (siblings && deeper !== undefined && theirs !== mine && theirs !== SHARED)
    return `${from} imports its sibling ${to}`
  return undefined
}

/** A circle of files, those that import only each other's types counted too: none can be read alone. */
function cycle(imports: readonly Import[]): string[] | undefined {
  const next = Map.groupBy(imports, ({ from }) => from)
  const done = new Set<string>()
  const visit = (file: string, trail: string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const { to } of next.get(file) ?? []) {
      const found = visit(to, [...trail, file])
      if (found) return found
    }
    done.add(file)
    return undefined
  }
  for (const file of next.keys()) {
    const found = visit(file, [])
    if (found) return found
  }
  return undefined
}

const root = join(import.meta.dir, '../src')
const files = [...new Glob('**/*.ts').scanSync(root)]
const all = (
  await Promise.all(
    files.map(async file => importsOf(file, await Bun.file(join(root, file)).text())),
  )
).flat()

describe('imports point down', () => {
  test('no upward or sideways import, each with its extension', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(all.length).toBeGreaterThan(100)
    expect(all.map(complaint).filter(Boolean)).toEqual([])
  })

  test('no cycle', () => expect(cycle(all)).toBeUndefined())

  test.each([
    ['upward', 'lib/a.ts', "import { x } from '../gateway/b.ts'", 'imports upward'],
    [
      'sideways',
      'protocols/gemini/a.ts',
      "import { x } from '../anthropic/b.ts'",
      'imports its sibling',
    ],
    ['no extension', 'gateway/a.ts', "import type { x } from './b'", 'without its extension'],
    ['beside', 'config/a.ts', "import { x } from '../exchange/b.ts'", 'imports beside itself'],
    ['lazy', 'lib/a.ts', "await import('../http/b.ts')", 'imports upward'],
  ])('%s is found', (_, file, code, words) =>
    expect(importsOf(file, code).map(complaint).join()).toContain(words),
  )

  test('a cycle is found', () => {
    const code = (to: string): string => `import { x } from './${to}'`
    expect(
      cycle([...importsOf('lib/a.ts', code('b.ts')), ...importsOf('lib/b.ts', code('a.ts'))]),
    ).toEqual(['lib/a.ts', 'lib/b.ts', 'lib/a.ts'])
  })
})

/** Where files are read and written; everything else is given what it needs. */
const FILE_ROOMS = /^(store\/|lib\/files\/|cli\/|index\.ts$)/

test('the file system is used in its rooms alone', async () => {
  const users = await Promise.all(
    files.map(async file => {
      const code = await Bun.file(join(root, file)).text()
      return /from 'node:fs(\/promises)?'/.test(code) ? [file] : []
    }),
  )
  expect(users.flat().length).toBeGreaterThan(5)
  expect(users.flat().filter(file => !FILE_ROOMS.test(file))).toEqual([])
})
