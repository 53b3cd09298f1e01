/** A gateway of its own for each run, in a folder of its own. */
import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Agent } from './agents.ts'
import type { Protocol } from './upstream/dialect.ts'

export const KEY = 'agents-test-key'
const binary = process.env.JACKFIELD_BINARY ?? join(import.meta.dir, '../../dist/jackfield')

const TARGETS: Record<Protocol, string> = {
  anthropic: 'up-anthropic/scripted',
  'openai-chat': 'up-chat/scripted',
  'openai-responses': 'up-responses/scripted',
  // Of the models that demand signatures.
  gemini: 'up-gemini/gemini-3-scripted',
}

/** `more`: further sections of the file. */
export function routesFor(port: number, onto: Protocol, more = ''): string {
  const at = `http://127.0.0.1:${port}`
  return `version: 1
providers:
  up-anthropic: { kind: anthropic-compatible, base-url: "${at}", keys: [ k ] }
  up-chat: { kind: openai-compatible, base-url: "${at}/v1", keys: [ k ] }
  up-responses: { kind: openai-responses-compatible, base-url: "${at}/v1", keys: [ k ] }
  up-gemini: { kind: gemini, base-url: "${at}", keys: [ k ] }
force: { "*": ${TARGETS[onto]} }
api-keys: [ ${KEY} ]
${more}`
}

export type RunningGateway = Awaited<ReturnType<typeof startGateway>>

/** `port` 0: any. */
export async function startGateway(folder: string, port = 0) {
  const child = Bun.spawn(
    [binary, 'serve', '--routes', join(folder, 'routes.yaml'), '--port', String(port)],
    {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const reader = child.stderr.getReader()
  let log = ''
  const more = async (): Promise<boolean> => {
    const { done, value } = await reader.read()
    log += new TextDecoder().decode(value)
    return !done
  }
  while (!/listens on (http\S+)/.test(log)) await more()
  void (async () => {
    while (await more());
  })()
  return {
    base: /listens on (http\S+)/.exec(log)?.[1] ?? '',
    log: () => log,
    async stop() {
      child.kill()
      await child.exited
    },
  }
}

/** Replaces the routes as an editor does: whole, in one step. */
export function writeRoutes(folder: string, text: string): void {
  const draft = join(folder, 'routes.yaml.new')
  writeFileSync(draft, text)
  renameSync(draft, join(folder, 'routes.yaml'))
}

/** A home with an empty project in it. */
export function makeHome(): { folder: string; project: string } {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-agent-'))
  const project = join(folder, 'project')
  mkdirSync(project)
  mkdirSync(join(folder, 'tmp'))
  Bun.spawnSync(['git', 'init', '-q', project])
  return { folder, project }
}

/** Writes the agent's configuration; gives its environment. */
export function configure(
  agent: Pick<Agent, 'files' | 'env'>,
  folder: string,
  node: string,
  base: string,
): Record<string, string> {
  for (const [path, text] of Object.entries(agent.files?.(base, KEY) ?? {})) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const own = Object.entries(agent.env?.(base, KEY) ?? {})
  return {
    ...isolated(folder, node),
    ...Object.fromEntries(own.map(([name, value]) => [name, value.replace('$HOME', folder)])),
  }
}

/** Nothing a client looks up outside is needed: it meets a closed port at once. */
function isolated(folder: string, node: string): Record<string, string> {
  const closed = 'http://127.0.0.1:9'
  return {
    PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, '.config'),
    XDG_DATA_HOME: join(folder, '.data'),
    XDG_STATE_HOME: join(folder, '.state'),
    XDG_CACHE_HOME: join(folder, '.cache'),
    TMPDIR: join(folder, 'tmp'),
    HTTP_PROXY: closed,
    HTTPS_PROXY: closed,
    NO_PROXY: '127.0.0.1,localhost',
  }
}
