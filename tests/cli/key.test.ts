import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashOf } from '../../src/lib/key-hash.ts'
import { runCommand } from '../support/binary.ts'

const cwd = mkdtempSync(join(tmpdir(), 'jackfield-key-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const FILE = `# ours
version: 1
providers: { echo: { kind: echo } }   # the demo
models: { m: echo/echo }
`
let count = 0

function file(text = FILE) {
  const name = `routes-${count++}.yaml`
  writeFileSync(join(cwd, name), text)
  return {
    key: (...args: string[]) => runCommand(['key', ...args, '--routes', name], { cwd }),
    onDisk: () => readFileSync(join(cwd, name), 'utf8'),
    backups: () => readdirSync(cwd).filter(one => one.startsWith(`${name}.`)),
    mode: () => statSync(join(cwd, name)).mode & 0o777,
  }
}

describe('jackfield key', () => {
  test('prints the key alone, and writes its hash beside what was there', async () => {
    const { key, onDisk, backups, mode } = file()
    const made = await key('alice', '--models', 'm, claude-*', '--requests-per-minute', '60')
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^jf-[\w-]{43}\n$/)])
    expect(made.stderr).toContain('from now on every caller needs one')
    const hash = hashOf(made.stdout.trim())
    expect(onDisk()).toStartWith(`${FILE}api-keys:\n  - name: alice\n    key: "${hash}"\n`)
    expect(onDisk()).toContain('models: [ m, "claude-*" ]\n')
    expect(onDisk()).toContain('requests-per-minute: 60\n')
    expect(backups()).toHaveLength(1)
    expect(mode()).toBe(0o600)
    const second = await key(
      'bob',
      '--tokens-per-day',
      '2M',
      '--cost-per-day',
      '5 USD',
      '--unknown-price',
      'allow',
    )
    expect(second.code).toBe(0)
    expect(second.stderr).not.toContain('first key')
    expect(onDisk()).toContain('cost-per-day: "5 USD"')
    expect(onDisk()).toContain('unknown-price: allow')
    for (const name of ['alice', 'bob']) expect((await key(name, '--remove')).code).toBe(0)
    expect(onDisk()).toBe(`${FILE}api-keys: []\n`)
  })

  test.each<[string[], string]>([
    [[], 'which name?'],
    [['a', 'b'], 'one name at a time'],
    [
      ['alice', '--tokens-per-day', 'lots'],
      'expected a count, not "lots" (write it like 4096, 200k or 2M)',
    ],
    [['alice', '--requests-per-minute', 'x'], 'expected a whole number'],
    [
      ['alice', '--cost-per-day', '5 cats'],
      'expected an amount of money, not "5 cats" (write it like 5 USD)',
    ],
    [['alice', '--unknown-price', 'ignore'], 'expected one of refuse, allow, not "ignore"'],
    [['alice', '--remove'], 'there is no key "alice" (there are: none)'],
    [['alice', '--model', 'm'], "'--model'"],
  ])('%j: one clear sentence, exit code 1, and the file as it was', async (args, words) => {
    const { key, onDisk, backups } = file()
    const { code, stdout, stderr } = await key(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(words)
    expect([onDisk(), backups()]).toEqual([FILE, []])
  })

  test('a name that is there, a file that does not parse, a file that is not there', async () => {
    const taken = file(`${FILE}api-keys: [ { name: alice, key: alices-own-key } ]\n`)
    expect((await taken.key('alice')).stderr).toContain('there is a key "alice" already')
    const broken = file('models: { broken')
    const refused = await broken.key('alice')
    expect([refused.code, broken.onDisk()]).toEqual([1, 'models: { broken'])
    expect(refused.stderr).toContain(
      'does not parse as it is on the disk, so it is not overwritten',
    )
    const missing = await runCommand(['key', 'alice', '--routes', 'nope.yaml'], { cwd })
    expect([missing.code, missing.stderr]).toEqual([
      1,
      'jackfield key: there is no nope.yaml; "jackfield init nope.yaml" writes one\n',
    ])
  })

  test('several at once: every key is in the file', async () => {
    const { key, onDisk } = file()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const made = await Promise.all(names.map(name => key(name)))
    expect(made.map(({ code }) => code)).toEqual(names.map(() => 0))
    for (const { stdout } of made) expect(onDisk()).toContain(hashOf(stdout.trim()))
  })

  test('--help', async () => {
    const { code, stdout } = await runCommand(['key', '--help'], { cwd })
    expect([code, stdout]).toEqual([0, expect.stringContaining('usage: jackfield key NAME')])
  })
})
