import { describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFolderStore } from '../../../src/store/documents/folder.ts'
import { ABSENT, StoreConflict } from '../../../src/store/store.ts'
import { newHome } from '../../support/home.ts'
import { storeSuite } from '../store-suite.ts'

const AT = Date.UTC(2026, 10, 21, 10, 35, 31)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const open = (folder: string, now = () => AT) => createFolderStore({ folder, now })

storeSuite('in a folder', () => {
  const folder = newHome()
  return { store: open(folder), another: open(folder) }
})

/** A process that writes `routes.yaml` of a folder over and over, `size` characters each time. */
const WRITER = join(import.meta.dir, '../../support/document-writer.ts')

function writer(folder: string, size: number, times: number, limit = '') {
  const command = [process.execPath, WRITER, folder, String(size), String(times)]
  return Bun.spawn(['sh', '-c', `trap "" XFSZ; ${limit} exec "$0" "$@"`, ...command], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

describe('the files of a folder', () => {
  test('are for this user only, like the folders to them', async () => {
    const folder = join(newHome(), 'new')
    await open(folder).write('auth/a.json', bytes('x'), ABSENT)
    expect(statSync(join(folder, 'auth')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'auth/a.json')).mode & 0o777).toBe(0o600)
  })

  test('leave a backup of what was at the top, and none of accounts', async () => {
    const folder = newHome()
    const store = open(folder)
    for (const key of ['routes.yaml', 'auth/a.json']) {
      const { version } = await store.write(key, bytes('first'), ABSENT)
      const { backup } = await store.write(key, bytes('second'), version)
      expect(backup).toBe(
        key === 'routes.yaml' ? 'routes.yaml.2026-11-21T10-35-31Z.bak' : undefined,
      )
    }
    expect(readFileSync(join(folder, 'routes.yaml.2026-11-21T10-35-31Z.bak'), 'utf8')).toBe('first')
    expect(readdirSync(join(folder, 'auth')).filter(name => !name.startsWith('.'))).toEqual([
      'a.json',
    ])
  })

  test('with the same bytes again are not written', async () => {
    const folder = newHome()
    const store = open(folder)
    const { version } = await store.write('routes.yaml', bytes('same'), ABSENT)
    const { ino } = statSync(join(folder, 'routes.yaml'))
    expect(await store.write('routes.yaml', bytes('same'), version)).toEqual({ version })
    expect(statSync(join(folder, 'routes.yaml')).ino).toBe(ino)
  })

  test('behind a link that leads nowhere yet are made where it leads', async () => {
    const folder = newHome()
    mkdirSync(join(folder, 'real'))
    symlinkSync(join('real', 'routes.yaml'), join(folder, 'routes.yaml'))
    const store = open(folder)
    expect(await store.read('routes.yaml')).toBeUndefined()
    await store.write('routes.yaml', bytes('x'), ABSENT)
    expect(readFileSync(join(folder, 'real/routes.yaml'), 'utf8')).toBe('x')
  })

  test('that cannot be read reject', async () => {
    const folder = newHome()
    mkdirSync(join(folder, 'routes.yaml'))
    await expect(open(folder).read('routes.yaml')).rejects.toMatchObject({ code: 'EISDIR' })
  })

  test('changed by a program without locks while they are written are left as that program has them', async () => {
    const folder = newHome()
    const path = join(folder, 'routes.yaml')
    const store = open(folder, () => {
      writeFileSync(path, 'by hand')
      return AT
    })
    const { version } = await store.write('routes.yaml', bytes('first'), ABSENT)
    const refused = await store.write('routes.yaml', bytes('second'), version).catch(error => error)
    expect(refused).toBeInstanceOf(StoreConflict)
    expect(refused.moment).toBe('during')
    expect(readFileSync(path, 'utf8')).toBe('by hand')
    expect(readdirSync(folder).filter(name => /bak|tmp/.test(name))).toEqual([])
  })

  test.skipIf(process.platform === 'win32')(
    'on a full disk stay as they were, with nothing beside them',
    async () => {
      const folder = newHome()
      const store = open(folder)
      await store.write('routes.yaml', bytes('x'.repeat(3_000)), ABSENT)
      const child = writer(folder, 30_000, 1, 'ulimit -f 4;')
      expect(await new Response(child.stderr).text()).toContain('EFBIG')
      expect(readFileSync(join(folder, 'routes.yaml'), 'utf8')).toBe('x'.repeat(3_000))
      expect(readdirSync(folder).filter(name => /bak|tmp/.test(name))).toEqual([])
    },
  )

  test.skipIf(process.platform === 'win32')(
    'are whole after a writer was killed at any moment, and can be written again',
    async () => {
      const folder = newHome()
      const store = open(folder)
      await store.write('routes.yaml', bytes('0'.repeat(200_000)), ABSENT)
      for (let round = 0; round < 5; round++) {
        const child = writer(folder, 200_000, 100_000)
        // It is in the middle of its writes by then.
        await child.stdout.getReader().read()
        child.kill('SIGKILL')
        await child.exited
        const { bytes: found, version } = (await store.read('routes.yaml')) ?? {
          bytes: bytes(''),
          version: '',
        }
        const text = new TextDecoder().decode(found)
        expect(text).toMatch(/^(.)\1{199999}$/)
        // A text that the writer never writes: one that changes nothing cleans up nothing.
        await store.write('routes.yaml', bytes('x'.repeat(200_000)), version)
        expect(readdirSync(folder).filter(name => name.endsWith('.tmp'))).toEqual([])
      }
    },
  )
})
