import { describe, expect, test } from 'bun:test'
import { basename, dirname, join } from 'node:path'
import { Glob } from 'bun'

/** What reaches outside a function, and the rooms (folders or files below src) that may name it. */
const OUTSIDE: Record<string, { pattern: RegExp; rooms: string[] }> = {
  files: {
    pattern: /from 'node:fs(\/promises)?'/,
    rooms: ['cli', 'app', 'index.ts', 'store', 'lib/files'],
  },
  'the clock or chance': {
    pattern: /\b(Date\.now|performance\.now|Math\.random)\b|\bnew Date\(\)/,
    rooms: ['cli', 'app', 'index.ts', 'main.ts'],
  },
  'the network': {
    // A call, not a method's declaration: its first parameter has a type.
    pattern: /(?<![.\w])fetch\((?!\w+: )|\bglobalThis\.fetch\(/,
    rooms: ['cli', 'app', 'index.ts', 'exchange/upstream/http-transport.ts'],
  },
  'the process': {
    pattern: /(?<![.\w'])process\.\w/,
    rooms: ['cli', 'app', 'index.ts', 'main.ts', 'lib/files'],
  },
  'a protocol by name': {
    pattern: /\bprotocol [!=]== '[\w-]+'/,
    rooms: ['protocols'],
  },
}

const MAX_FILES = 20
const MIN_LINES = 20
/** Families: many files of one shape, one a member. */
const FAMILIES = ['providers']

type Source = { file: string; code: string }

const root = join(import.meta.dir, '../src')
const sources: Source[] = await Promise.all(
  [...new Glob('**/*.ts').scanSync(root)].map(async file => ({
    file,
    code: await Bun.file(join(root, file)).text(),
  })),
)

const isIn = (file: string, room: string): boolean => file === room || file.startsWith(`${room}/`)

const withoutComments = (code: string): string =>
  code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')

function reaches(what: string, all: readonly Source[]): string[] {
  const rule = OUTSIDE[what]
  if (!rule) throw new Error(`no rule for ${what}`)
  return all
    .filter(({ file }) => !rule.rooms.some(room => isIn(file, room)))
    .filter(({ code }) => rule.pattern.test(withoutComments(code)))
    .map(({ file }) => file)
}

function crowded(all: readonly Source[]): string[] {
  const folders = Map.groupBy(all, ({ file }) => dirname(file))
  return [...folders.keys()].filter(
    folder => !FAMILIES.includes(folder) && (folders.get(folder)?.length ?? 0) > MAX_FILES,
  )
}

/** Files too small to be a place of their own: short, and only one other file imports them. */
function crumbs(all: readonly Source[]): string[] {
  const importers = new Map<string, Set<string>>()
  for (const { file, code } of all)
    for (const [, to] of code.matchAll(/from '(\.[^']+)'/g)) {
      const target = join(dirname(file), to ?? '')
      importers.set(target, (importers.get(target) ?? new Set()).add(file))
    }
  return all
    .filter(({ file, code }) => {
      const isFamily = FAMILIES.some(family => isIn(file, family))
      // The index of a folder is short by nature: it is what others may import.
      if (isFamily || basename(file) === 'index.ts') return false
      return lines(code) < MIN_LINES && importers.get(file)?.size === 1
    })
    .map(({ file }) => file)
}

const lines = (code: string): number => code.split('\n').length - 1

describe('the house', () => {
  test.each(Object.keys(OUTSIDE))('only its rooms name %s', what => {
    expect(sources.length).toBeGreaterThan(50)
    expect(reaches(what, sources)).toEqual([])
  })

  test('no folder has more than twenty files', () => expect(crowded(sources)).toEqual([]))

  test('no short file has a single importer', () => expect(crumbs(sources)).toEqual([]))

  test.each([
    ['files', "import { readFileSync } from 'node:fs'"],
    ['the clock or chance', 'const at = Date.now()'],
    ['the network', 'await fetch(url)'],
    ['the process', 'const { pid } = process.env'],
    ['a protocol by name', "if (codec.protocol === 'anthropic') return"],
  ])('%s is found elsewhere, but not in a comment', (what, code) => {
    expect(reaches(what, [{ file: 'exchange/a.ts', code }])).toEqual(['exchange/a.ts'])
    expect(reaches(what, [{ file: 'exchange/a.ts', code: `/* ${code} */\n// ${code}` }])).toEqual(
      [],
    )
  })

  test('a crowded folder and a crumb are found', () => {
    const many = Array.from({ length: 21 }, (_, at) => ({ file: `lib/${at}.ts`, code: '' }))
    expect(crowded(many)).toEqual(['lib'])
    const user = { file: 'lib/user.ts', code: "import { a } from './a.ts'\n" }
    expect(crumbs([user, { file: 'lib/a.ts', code: 'export const a = 1\n' }])).toEqual(['lib/a.ts'])
  })
})
