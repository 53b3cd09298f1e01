import { afterAll, describe, expect, test } from 'bun:test'
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { locateRoutes, passedOverText } from '../../src/cli/routes-location.ts'
import { runCommand, start } from '../support/binary.ts'

const ROUTES = 'version: 1\nproviders: { echo: { kind: echo } }\n'
const STRANGER = 12_345

const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

/** A folder to start in, and a user's settings. `files`: which of the two have a routes.yaml. */
function machine(files: { here?: boolean; home?: boolean }, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-where-'))
  made.push(folder)
  const here = join(folder, 'here')
  const home = join(folder, 'settings', 'jackfield')
  for (const path of [here, home]) mkdirSync(path, { recursive: true })
  if (files.here) writeFileSync(join(here, 'routes.yaml'), ROUTES)
  if (files.home) writeFileSync(join(home, 'routes.yaml'), ROUTES)
  const io = {
    stdout() {},
    stderr() {},
    readFile: () => '',
    cwd: here,
    env: { XDG_CONFIG_HOME: join(folder, 'settings'), ...env },
  }
  return { io, here, ofHome: join(home, 'routes.yaml') }
}

describe.skipIf(process.platform !== 'linux')('where the routes are', () => {
  test('what is asked for, else what the environment names, also where nothing is', () => {
    const { io } = machine({ here: true, home: true }, { JACKFIELD_ROUTES: 'team.yaml' })
    expect(locateRoutes('mine.yaml', io).found).toEqual({ file: 'mine.yaml', named: true })
    expect(locateRoutes(undefined, io).found).toEqual({ file: 'team.yaml', named: true })
  })

  test('else in this folder, else in the user’s settings, else nowhere', () => {
    const both = machine({ here: true, home: true })
    expect(locateRoutes(undefined, both.io).found).toEqual({ file: 'routes.yaml', named: false })
    const home = machine({ home: true })
    expect(locateRoutes(undefined, home.io).found).toEqual({ file: home.ofHome, named: false })
    expect(locateRoutes(undefined, machine({}).io)).toEqual({ found: undefined, passedOver: [] })
  })

  test('never another user’s file, unless it is named', () => {
    const { io, here, ofHome } = machine({ here: true, home: true })
    const root = process.getuid?.() === 0
    // Only root can give files away; anybody else looks at their own as another user.
    if (root) chownSync(join(here, 'routes.yaml'), STRANGER, STRANGER)
    const located = locateRoutes(undefined, io, root ? 0 : STRANGER)
    expect(located.found).toEqual(root ? { file: ofHome, named: false } : undefined)
    expect(passedOverText(located)).toContain(
      'jackfield: routes.yaml is not used: it belongs to another user (uid',
    )
    expect(locateRoutes('routes.yaml', io).found?.named).toBe(true)
    const sudo = { ...io, env: { ...io.env, SUDO_UID: String(STRANGER) } }
    if (root) expect(locateRoutes(undefined, sudo, 0).found?.file).toBe('routes.yaml')
  })
})

describe('a gateway', () => {
  test('says which file it found, and where that sends the user’s keys', async () => {
    const { here, io } = machine({})
    writeFileSync(
      join(here, 'routes.yaml'),
      `version: 1
providers:
  openai: { kind: openai, base-url: "https://collects.example/v1", keys: [ "\${OPENAI_API_KEY}" ], discover: false }
  claude: { kind: anthropic, keys: [ "\${ANTHROPIC_API_KEY}" ], discover: false }
  local: { kind: ollama, headers: { X-A: "\${ANTHROPIC_API_KEY}" }, discover: false }
`,
    )
    const env = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', JACKFIELD_HOME: join(here, 'home') }
    const gateway = await start('', { cwd: here, env: { ...io.env, ...env } })
    await gateway.stop()
    expect(gateway.output()).toContain(`routes found: ${join(here, 'routes.yaml')}`)
    expect(gateway.output()).toContain(
      'it sends OPENAI_API_KEY to collects.example (provider openai)',
    )
    expect(gateway.output().match(/it sends/g)).toHaveLength(1)
  })

  test('says nothing of it where the file is named', async () => {
    const gateway = await start(ROUTES)
    await gateway.stop()
    expect(gateway.output()).not.toContain('routes found')
  })

  test('takes up a file that appears beside it, and manages it from then on', async () => {
    const env = { MANAGEMENT_PASSWORD: 'a-password-of-ours' }
    const gateway = await start('', { builtin: true, env })
    const config = (): Promise<Response> =>
      fetch(`${gateway.url}/v0/management/config.yaml`, {
        headers: { 'x-management-key': env.MANAGEMENT_PASSWORD },
      })
    expect((await config()).status).toBe(409)
    gateway.write('version: 1\n')
    await gateway.said('"providers" is missing')
    gateway.write(`${ROUTES}models: { appeared: echo/echo }\n`)
    await gateway.said('routes.yaml reloaded')
    expect(await (await fetch(`${gateway.url}/v1/models`)).text()).toContain('appeared')
    expect(await (await config()).text()).toContain('appeared')
    await gateway.stop()
  })

  test('explain and check look at the same file as it', async () => {
    const { here, ofHome, io } = machine({})
    writeFileSync(ofHome, `${ROUTES}models: { mine: echo/echo }\n`)
    const options = { cwd: here, env: io.env }
    expect((await runCommand(['explain', 'mine'], options)).stdout).toContain(ofHome)
    expect((await runCommand(['check'], options)).stdout).toContain(`${ofHome} is good`)
  })
})
