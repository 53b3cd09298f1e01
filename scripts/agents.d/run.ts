/** One agent, one gateway, one upstream, one task. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Agent } from './agents.ts'
import type { Protocol } from './upstream/dialect.ts'
import { startUpstream } from './upstream/index.ts'

export type Outcome = { good: boolean; why: string; notes: string[]; seconds: number }

const LIMIT_MS = 180_000
const WORD = 'banana77'
const KEY = 'agents-test-key'
const binary = process.env.JACKFIELD_BINARY ?? join(import.meta.dir, '../../dist/jackfield')

const TARGETS: Record<Protocol, string> = {
  anthropic: 'up-anthropic/scripted',
  'openai-chat': 'up-chat/scripted',
  'openai-responses': 'up-responses/scripted',
  gemini: 'up-gemini/scripted',
}

function routesFor(port: number, onto: Protocol): string {
  const at = `http://127.0.0.1:${port}`
  return `version: 1
providers:
  up-anthropic: { kind: anthropic-compatible, base-url: "${at}", keys: [ k ] }
  up-chat: { kind: openai-compatible, base-url: "${at}/v1", keys: [ k ] }
  up-responses: { kind: openai-responses-compatible, base-url: "${at}/v1", keys: [ k ] }
  up-gemini: { kind: gemini, base-url: "${at}", keys: [ k ] }
force: { "*": ${TARGETS[onto]} }
api-keys: [ ${KEY} ]
`
}

async function startGateway(folder: string) {
  const child = Bun.spawn(
    [binary, 'serve', '--routes', join(folder, 'routes.yaml'), '--port', '0'],
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

export async function run(
  agent: Agent,
  bin: string,
  node: string,
  onto: Protocol,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-agent-'))
  const project = join(folder, 'project')
  mkdirSync(project)
  mkdirSync(join(folder, 'tmp'))
  Bun.spawnSync(['git', 'init', '-q', project])
  const file = join(project, 'hello.txt')
  const upstream = startUpstream(file, WORD)
  writeFileSync(join(folder, 'routes.yaml'), routesFor(upstream.port, onto))
  const gateway = await startGateway(folder)
  for (const [path, text] of Object.entries(agent.files?.(gateway.base, KEY) ?? {})) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const own = Object.entries(agent.env?.(gateway.base, KEY) ?? {})
  const env = {
    ...isolated(folder, node),
    ...Object.fromEntries(own.map(([name, value]) => [name, value.replace('$HOME', folder)])),
  }
  const prompt = `Create the file ${file} containing exactly the word ${WORD} and nothing else. Then reply with DONE.`
  const command = agent.command(bin, prompt)
  if (/\.m?js$/.test(command[0] ?? '')) command.unshift(node)
  const began = performance.now()
  const child = Bun.spawn(command, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  const [said, complained, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  clearTimeout(timer)
  const seconds = (performance.now() - began) / 1000
  const written = existsSync(file) && readFileSync(file, 'utf8').trim() === WORD
  await gateway.stop()
  upstream.stop()
  if (process.env.JACKFIELD_AGENTS_KEEP)
    writeFileSync(
      join(folder, 'run.json'),
      JSON.stringify({ said, complained, log: gateway.log(), requests: upstream.requests }),
    )
  else rmSync(folder, { recursive: true, force: true })
  const complaint = / (?:error|warn) .*/.exec(gateway.log().split('\n').slice(1).join('\n'))?.[0]
  const problems = [
    ...(code === 0 ? [] : [`exit code ${code}: ${(complained || said).trim().slice(-300)}`]),
    ...(written ? [] : ['the file was not written']),
    ...(upstream.finished() ? [] : ['the tool result never reached the upstream']),
    ...(said.includes('DONE') ? [] : ['the last words did not reach the agent']),
    ...upstream.faults,
    ...(complaint ? [`the gateway's log: ${complaint.slice(0, 300)}`] : []),
    ...(process.env.JACKFIELD_AGENTS_KEEP ? [`kept in ${folder}`] : []),
  ]
  const good = problems.filter(one => !one.startsWith('kept in')).length === 0
  return { good, why: problems.join('; '), notes: [...upstream.notes], seconds }
}
