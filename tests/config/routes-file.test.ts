import { afterEach, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Edit, editText } from '../../src/config/edit/index.ts'
import { compileTable } from '../../src/config/index.ts'
import { createRoutesFile, type RoutesFileOptions } from '../../src/config/routes-file.ts'
import { kinds } from '../../src/providers/index.ts'
import { fileDocument } from '../../src/store/documents/folder.ts'

const TEXT = `# who answers
version: 1
providers: { echo: { kind: echo } }   # the demo
models:
  one: echo/echo
tests: [ { ask: one, expect: echo/echo } ]
`
const AT = Date.UTC(2026, 10, 21, 10, 35, 31, 250)

const APPEND = join(import.meta.dir, '../support/append-key.ts')

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) {
    chmodSync(folder, 0o700)
    rmSync(folder, { recursive: true, force: true })
  }
})

function routesFile(
  text = TEXT,
  options: Partial<RoutesFileOptions> & { now?: () => number } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-file-'))
  folders.push(folder)
  const path = join(folder, 'routes.yaml')
  writeFileSync(path, text)
  let now = AT
  const file = createRoutesFile({
    ...fileDocument(path, options.now ?? (() => now)),
    name: 'routes.yaml',
    salt: new Uint8Array(16).fill(1),
    check: one => compileTable('routes.yaml', one, { env: {}, readFile: () => '', kinds }),
    ...options,
  })
  return {
    file,
    folder,
    path,
    advance: (ms: number) => {
      now += ms
    },
    onDisk: () => readFileSync(path, 'utf8'),
    backups: () => readdirSync(folder).filter(name => name.endsWith('.bak')),
    edit: (...edits: Edit[]) => file.change(text => editText(text, edits)),
  }
}

const add = (name: string, to = 'echo/echo'): Edit => ({
  op: 'set',
  path: ['models', name],
  value: to,
})
/** What is beside the file besides its backups and the lock. */
const leftovers = (folder: string) =>
  readdirSync(folder).filter(name => !/^routes\.yaml$|\.bak$|^\.routes\.yaml\.lock$/.test(name))

describe('a change', () => {
  test('is written with everything else as it was, beside a backup of what was', async () => {
    const { edit, onDisk, backups, folder } = routesFile()
    const changed = await edit(add('two'))
    expect(changed).toMatchObject({ ok: true, backup: 'routes.yaml.2026-11-21T10-35-31Z.bak' })
    expect(onDisk()).toBe(
      TEXT.replace('  one: echo/echo\n', '  one: echo/echo\n  two: echo/echo\n'),
    )
    expect(backups()).toEqual(['routes.yaml.2026-11-21T10-35-31Z.bak'])
    expect(readFileSync(join(folder, backups()[0] ?? ''), 'utf8')).toBe(TEXT)
    expect(statSync(join(folder, backups()[0] ?? '')).mode & 0o777).toBe(0o600)
    expect(leftovers(folder)).toEqual([])
  })

  test('is put in force at once, and the warnings of the gateway are given', async () => {
    const seen: string[] = []
    const file: ReturnType<typeof routesFile> = routesFile(TEXT, {
      reload: () => {
        seen.push(file.onDisk())
        return []
      },
    })
    expect(await file.edit(add('two'))).toMatchObject({ ok: true })
    expect(seen).toEqual([expect.stringContaining('two: echo/echo')])
  })

  test('of nothing writes nothing', async () => {
    const { edit, backups, onDisk } = routesFile(TEXT, {
      reload: () => {
        throw new Error('there is nothing to reload')
      },
    })
    const changed = await edit(add('one'))
    expect(changed).toMatchObject({ ok: true })
    expect(changed).not.toHaveProperty('backup')
    expect([backups(), onDisk()]).toEqual([[], TEXT])
  })

  test('goes by the version: what was changed since is not overwritten', async () => {
    const { file, edit, path, onDisk } = routesFile()
    const read = await file.read()
    const version = read.ok ? read.version : ''
    const first = await file.change(text => editText(text, [add('two')]), version)
    expect(first).toMatchObject({ ok: true })
    const stale = await file.change(text => editText(text, [add('three')]), version)
    expect(stale).toMatchObject({ ok: false, reason: 'outdated' })
    expect(onDisk()).not.toContain('three')
    const fresh = await file.change(
      text => editText(text, [add('three')]),
      first.ok ? first.version : '',
    )
    expect(fresh).toMatchObject({ ok: true })
    writeFileSync(path, TEXT)
    expect(await file.read()).toMatchObject({ ok: true, version })
    expect(await edit(add('four'))).toMatchObject({ ok: true })
  })

  test('by a program without locks, at the last moment, is seen before the new file takes the place', async () => {
    const byHand = TEXT.replace('version: 1', 'version: 1   # by hand')
    const { edit, path, onDisk, backups, folder } = routesFile(TEXT, {
      now: () => {
        writeFileSync(path, byHand)
        return AT
      },
    })
    expect(await edit(add('two'))).toMatchObject({ ok: false, reason: 'outdated' })
    expect([onDisk(), backups(), leftovers(folder)]).toEqual([byHand, [], []])
  })
})

describe('refused, and the file stays as it is', () => {
  test.each<[string, string, Edit, object]>([
    [
      'a file that does not parse is never overwritten',
      'models: { broken',
      add('two'),
      { reason: 'unparsable', diagnostics: [{ at: { line: 1 } }] },
    ],
    ['a key written twice', `${TEXT}version: 1\n`, add('two'), { reason: 'unparsable' }],
    ['an edit that cannot be done', TEXT, { op: 'remove', path: ['x'] }, { reason: 'impossible' }],
    [
      'a name that leads nowhere',
      TEXT,
      add('two', 'nobody/x'),
      { reason: 'bad', diagnostics: [{ path: 'models.two', at: { line: 6 } }] },
    ],
    ["a failing test of the file's own", TEXT, add('one', 'echo/other'), { reason: 'bad' }],
  ])('%s', async (_, text, edit, expected) => {
    const { edit: change, onDisk, backups } = routesFile(text)
    expect(await change(edit)).toMatchObject({ ok: false, ...expected })
    expect([onDisk(), backups()]).toEqual([text, []])
  })

  test('a file that is gone, a folder, other letters than UTF-8', async () => {
    const gone = routesFile()
    rmSync(gone.path)
    expect(await gone.edit(add('two'))).toMatchObject({
      reason: 'unreadable',
      message: expect.stringContaining('jackfield init'),
    })
    expect(await gone.file.read()).toMatchObject({ reason: 'unreadable' })
    mkdirSync(gone.path)
    expect(await gone.edit(add('two'))).toMatchObject({ reason: 'unreadable' })
    const latin = routesFile()
    writeFileSync(latin.path, Uint8Array.of(0x23, 0xe4, 0x0a))
    expect(await latin.edit(add('two'))).toMatchObject({
      message: expect.stringContaining('UTF-8'),
    })
    expect(readFileSync(latin.path)).toEqual(Buffer.from([0x23, 0xe4, 0x0a]))
  })

  test.skipIf(process.geteuid?.() === 0)('a folder that may not be written', async () => {
    const { edit, folder, onDisk } = routesFile()
    chmodSync(folder, 0o500)
    expect(await edit(add('two'))).toMatchObject({
      reason: 'unwritable',
      message: expect.stringContaining('may not write there'),
    })
    expect(onDisk()).toBe(TEXT)
  })

  test.skipIf(process.platform === 'win32')('a disk that takes no more', async () => {
    const text = TEXT + '# one of many remarks\n'.repeat(500)
    const { path, folder, onDisk, backups } = routesFile(text)
    // A limit on the size of files has the effect of a full disk.
    const limited = 'trap "" XFSZ; ulimit -f 4; exec "$0" "$@"'
    const child = Bun.spawn(['sh', '-c', limited, process.execPath, APPEND, path, 'a', '1'], {
      stderr: 'pipe',
    })
    expect(await new Response(child.stderr).text()).toContain(
      'routes.yaml cannot be written: EFBIG; look after the disk; nothing is changed',
    )
    expect([onDisk(), backups(), leftovers(folder)]).toEqual([text, [], []])
  })

  test('what the gateway does not take is reported, with the backup to go back to', async () => {
    const complaint = {
      severity: 'error' as const,
      path: 'x',
      message: 'gone wrong',
      hint: 'mend it',
      at: { file: 'routes.yaml', line: 1, column: 1 },
    }
    const { edit } = routesFile(TEXT, { reload: () => [complaint] })
    expect(await edit(add('two'))).toMatchObject({
      reason: 'not-in-force',
      message: expect.stringContaining('routes.yaml.2026-11-21T10-35-31Z.bak'),
      diagnostics: [complaint],
    })
  })
})

describe('beside the file', () => {
  test('the last twenty backups stay, also of one second', async () => {
    const { edit, backups, advance, folder } = routesFile()
    for (let index = 0; index < 25; index++) {
      if (index % 2 === 0) advance(1_000)
      expect(await edit(add(`m${index}`))).toMatchObject({ ok: true })
    }
    expect(backups()).toHaveLength(20)
    const oldest = backups().map(
      name => readFileSync(join(folder, name), 'utf8').match(/m\d+/g)?.length ?? 0,
    )
    expect(Math.min(...oldest)).toBe(5)
    expect(Math.max(...oldest)).toBe(24)
  })

  test('another file’s backups are not touched', async () => {
    const { edit, folder } = routesFile()
    writeFileSync(join(folder, 'other.yaml.2020-01-01T00-00-00Z.bak'), '')
    writeFileSync(join(folder, 'routes.yaml.bak'), 'mine')
    for (let index = 0; index < 22; index++) await edit(add(`m${index}`))
    expect(existsSync(join(folder, 'other.yaml.2020-01-01T00-00-00Z.bak'))).toBe(true)
    expect(readFileSync(join(folder, 'routes.yaml.bak'), 'utf8')).toBe('mine')
  })

  test('what a killed process left is swept away', async () => {
    const { edit, folder, path } = routesFile()
    for (const name of ['.4242.tmp', '.2020-01-01T00-00-00Z.bak.4242.tmp'])
      writeFileSync(path + name, 'half of it')
    expect(await edit(add('two'))).toMatchObject({ ok: true })
    expect(leftovers(folder)).toEqual([])
  })

  test.each([
    [0o644, 0o600],
    [0o600, 0o600],
    [0o400, 0o400],
  ])('mode %o becomes %o', async (was, is) => {
    const { edit, path } = routesFile()
    chmodSync(path, was)
    expect(await edit(add('two'))).toMatchObject({ ok: true })
    expect(statSync(path).mode & 0o777).toBe(is)
  })

  test('through a link it is the file that is written, and the link stays', async () => {
    const { folder, path } = routesFile()
    const link = join(folder, 'link.yaml')
    symlinkSync(path, link)
    const file = createRoutesFile({
      ...fileDocument(link, () => AT),
      name: 'link.yaml',
      salt: new Uint8Array(16),
      check: one => compileTable('link.yaml', one, { env: {}, readFile: () => '', kinds }),
    })
    const changed = await file.change(text => editText(text, [add('two')]))
    expect(changed).toMatchObject({ ok: true, backup: 'routes.yaml.2026-11-21T10-35-31Z.bak' })
    expect(readlinkSync(link)).toBe(path)
    expect(readFileSync(path, 'utf8')).toContain('two: echo/echo')
  })
})

describe('several at once', () => {
  test('in one process: no edit is lost', async () => {
    const { edit, onDisk } = routesFile()
    await Promise.all(Array.from({ length: 10 }, (_, index) => edit(add(`m${index}`))))
    expect(onDisk().match(/ {2}m\d: echo/g)).toHaveLength(10)
  })

  test('a file that others replace all the time is never gone', async () => {
    const { file, path } = routesFile()
    const replacing = Bun.spawn([
      process.execPath,
      '-e',
      `const { renameSync, writeFileSync } = require('node:fs')
       const [path, text] = process.argv.slice(-2)
       for (let time = 0; time < 5_000; time++) {
         writeFileSync(path + '.new', text)
         renameSync(path + '.new', path)
       }`,
      path,
      TEXT,
    ])
    const problems = new Set<string>()
    while (replacing.exitCode === null) {
      for (let look = 0; look < 50; look++) {
        const read = await file.read()
        if (!read.ok) problems.add(read.message)
      }
      // So that its end is heard of.
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(await replacing.exited).toBe(0)
    expect([...problems]).toEqual([])
  })

  test('in several processes: no edit is lost', async () => {
    const { path, onDisk } = routesFile()
    const children = ['a', 'b', 'c'].map(name =>
      Bun.spawn([process.execPath, APPEND, path, name, '8'], { stderr: 'pipe' }),
    )
    const faults = await Promise.all(children.map(child => new Response(child.stderr).text()))
    expect(faults).toEqual(['', '', ''])
    const keys = onDisk().match(/key-of-[abc]-\d/g) ?? []
    expect(new Set(keys).size).toBe(24)
  })
})
