/** Runs each agent onto each upstream protocol and prints a line for each: pass or fail, and why. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startUpstream } from './upstream.ts'

type Agent = {
  name: string
  package: string
  speaks: 'anthropic' | 'openai-chat'
  model: string
  /** Configuration below the run's home, by path. */
  files(base: string, key: string): Record<string, string>
  env(base: string, key: string): Record<string, string>
  command(bin: string, prompt: string): string[]
}

const piModels = (api: string, path: string) => (base: string, key: string) => ({
  '.pi/agent/models.json': JSON.stringify({
    providers: {
      gw: {
        baseUrl: `${base}${path}`,
        api,
        apiKey: key,
        models: [{ id: 'agent-model', input: ['text'], contextWindow: 200_000, maxTokens: 8_192 }],
      },
    },
  }),
})
const pi = (bin: string, prompt: string): string[] => [
  join(bin, '../@earendil-works/pi-coding-agent/dist/bundle/cli.js'),
  '-p',
  '--provider',
  'gw',
  '--model',
  'agent-model',
  '--no-session',
  prompt,
]

const AGENTS: Agent[] = [
  {
    name: 'claude-code',
    package: '@anthropic-ai/claude-code@2.1.329',
    speaks: 'anthropic',
    model: 'claude-sonnet-4-5',
    files: () => ({ '.claude.json': '{"hasCompletedOnboarding":true}' }),
    env: (base, key) => ({
      ANTHROPIC_BASE_URL: base,
      ANTHROPIC_AUTH_TOKEN: key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      IS_SANDBOX: '1',
    }),
    command: (bin, prompt) => [
      join(bin, 'claude'),
      '-p',
      prompt,
      '--model',
      'claude-sonnet-4-5',
      '--output-format',
      'json',
      '--dangerously-skip-permissions',
    ],
  },
  {
    name: 'pi-chat',
    package: '@earendil-works/pi-coding-agent@0.87.1',
    speaks: 'openai-chat',
    model: 'agent-model',
    files: piModels('openai-completions', '/v1'),
    env: () => ({ PI_OFFLINE: '1' }),
    command: pi,
  },
  {
    name: 'pi-anthropic',
    package: '@earendil-works/pi-coding-agent@0.87.1',
    speaks: 'anthropic',
    model: 'agent-model',
    files: piModels('anthropic-messages', ''),
    env: () => ({ PI_OFFLINE: '1' }),
    command: pi,
  },
]

const LIMIT_MS = 120_000
const cache =
  process.env.JACKFIELD_AGENTS_DIR ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jackfield-agents')
const binary = process.env.JACKFIELD_BINARY ?? join(import.meta.dir, '../../dist/jackfield')
const KEY = 'agents-test-key'

/** The package's `.bin`, installed once; undefined when it cannot be had. The agents need a newer Node than many machines have. */
async function install(name: string, packages: string[]): Promise<string | undefined> {
  const folder = join(cache, name.replace(/[^\w.-]/g, '_'))
  const bin = join(folder, 'node_modules/.bin')
  if (existsSync(join(folder, 'installed'))) return bin
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const child = Bun.spawn(
    ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  if ((await child.exited) !== 0) return undefined
  writeFileSync(join(folder, 'installed'), '')
  return bin
}

async function run(
  agent: Agent,
  bin: string,
  node: string,
  protocol: 'anthropic' | 'openai-chat',
): Promise<{ good: boolean; why: string; seconds: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-agent-'))
  const project = join(folder, 'project')
  mkdirSync(project)
  mkdirSync(join(folder, 'tmp'))
  Bun.spawnSync(['git', 'init', '-q', project])
  const word = 'banana77'
  const upstream = startUpstream(join(project, 'hello.txt'), word)
  const target = protocol === 'anthropic' ? 'up-anthropic/scripted' : 'up-chat/scripted'
  writeFileSync(
    join(folder, 'routes.yaml'),
    `version: 1\nproviders:\n  up-anthropic: { kind: anthropic-compatible, base-url: "http://127.0.0.1:${upstream.port}", keys: [ k ] }\n  up-chat: { kind: openai-compatible, base-url: "http://127.0.0.1:${upstream.port}/v1", keys: [ k ] }\nforce: { "*": ${target} }\napi-keys: [ ${KEY} ]\n`,
  )
  const gateway = Bun.spawn(
    [binary, 'serve', '--routes', join(folder, 'routes.yaml'), '--port', '0'],
    {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const reader = gateway.stderr.getReader()
  let log = ''
  while (!/listens on (http\S+)/.test(log))
    log += new TextDecoder().decode((await reader.read()).value)
  const base = /listens on (http\S+)/.exec(log)?.[1] ?? ''
  void (async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read())
      log += new TextDecoder().decode(read.value)
  })()
  for (const [path, text] of Object.entries(agent.files(base, KEY))) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const closed = 'http://127.0.0.1:9'
  const env = {
    PATH: `${node}:${process.env.PATH ?? ''}`,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, '.config'),
    XDG_DATA_HOME: join(folder, '.data'),
    XDG_STATE_HOME: join(folder, '.state'),
    XDG_CACHE_HOME: join(folder, '.cache'),
    TMPDIR: join(folder, 'tmp'),
    // Nothing a client looks up outside is needed: it meets a closed port at once.
    HTTP_PROXY: closed,
    HTTPS_PROXY: closed,
    NO_PROXY: '127.0.0.1,localhost',
    ...agent.env(base, KEY),
  }
  const command = agent.command(
    bin,
    `Create the file ${join(project, 'hello.txt')} containing exactly the word ${word} and nothing else. Then reply with DONE.`,
  )
  if (command[0]?.endsWith('.js')) command.unshift(join(node, 'node'))
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
  const file = join(project, 'hello.txt')
  const written = existsSync(file) && readFileSync(file, 'utf8').trim() === word
  gateway.kill()
  await gateway.exited
  upstream.stop()
  rmSync(folder, { recursive: true, force: true })
  const problems = [
    ...(code === 0 ? [] : [`exit code ${code}: ${(complained || said).trim().slice(-300)}`]),
    ...(written ? [] : ['the file was not written']),
    ...(upstream.finished() ? [] : ['the tool result never reached the upstream']),
    ...(said.includes('DONE') ? [] : ['the last words did not reach the agent']),
    ...upstream.faults.map(fault => `the upstream refused: ${fault}`),
    ...(/ (error|warn) /.test(log.split('\n').slice(1).join('\n'))
      ? [`the gateway's log: ${/.* (?:error|warn) .*/.exec(log)?.[0].slice(0, 200)}`]
      : []),
  ]
  return { good: problems.length === 0, why: problems.join('; '), seconds }
}

const wanted = process.argv.slice(2)
let failures = 0
const node = await install('node', ['node@24'])
for (const agent of AGENTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const bin = await install(agent.package, [agent.package])
  for (const protocol of [
    agent.speaks,
    agent.speaks === 'anthropic' ? 'openai-chat' : 'anthropic',
  ] as const) {
    const title = `${agent.name} (${agent.speaks}) onto ${protocol}`
    if (!bin || !node) {
      failures++
      console.log(`FAIL ${title}: ${agent.package} could not be installed`)
      continue
    }
    const { good, why, seconds } = await run(agent, bin, node, protocol)
    if (!good) failures++
    console.log(
      `${good ? 'pass' : 'FAIL'} ${title} (${seconds.toFixed(1)} s)${why ? `: ${why}` : ''}`,
    )
  }
}
process.exit(failures === 0 ? 0 : 1)
