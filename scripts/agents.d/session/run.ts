/** One long session of one agent: its prompts one after another, onto one upstream. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Agent, Session } from '../agents.ts'
import {
  configure,
  makeHome,
  type RunningGateway,
  routesFor,
  startGateway,
  writeRoutes,
} from '../gateway.ts'
import type { Outcome } from '../run.ts'
import type { Protocol } from '../upstream/dialect.ts'
import { startUpstream, type Upstream } from '../upstream/index.ts'
import { noisePng } from './image.ts'
import { epilogue, type Move, planOf } from './plan.ts'
import { type SessionPlay, sessionPlay } from './play.ts'

const LIMIT_MS = 300_000
const PROMPTS = {
  main: 'Work through the plan step by step, then reply with DONE.',
  slow: 'Explain at length what you did.',
  after: 'Go on with the next step, then reply with DONE.',
}
/** The client's own retries are what is looked at, so the gateway makes none. */
const POLICY = 'policy: { keepalive: 1s, request-retry: 0 }\n'

type World = {
  agent: Agent
  session: Session
  bin: string
  node: string
  folder: string
  project: string
  env: Record<string, string>
  upstream: Upstream
  play: SessionPlay
}

export async function runSession(
  agent: Agent,
  bin: string,
  node: string,
  home: Protocol,
  away: Protocol,
): Promise<Outcome> {
  const { session } = agent
  if (!session) throw new Error(`${agent.name} has no sessions`)
  const { folder, project } = makeHome()
  const image = join(project, 'picture.png')
  writeFileSync(image, noisePng())
  let gateway: RunningGateway | undefined
  let log = ''
  const problems: string[] = []
  const meanwhile = (what: NonNullable<Move['meanwhile']>): void => {
    // The agent has the call by then, and its tool sleeps.
    setTimeout(() => {
      change(what).catch(error => problems.push(`${JSON.stringify(what)}: ${error}`))
    }, 700)
  }
  const play = sessionPlay(session.fullAt, meanwhile)
  const upstream = startUpstream(play)
  const routes = (onto: Protocol) => routesFor(upstream.port, onto, POLICY)
  async function change(what: NonNullable<Move['meanwhile']>): Promise<void> {
    if (what !== 'restart') return writeRoutes(folder, routes(what.switchTo))
    const port = Number(new URL(gateway?.base ?? '').port)
    await gateway?.stop()
    log += gateway?.log() ?? ''
    gateway = await startGateway(folder, port)
  }
  writeRoutes(folder, routes(home))
  gateway = await startGateway(folder)
  const files = session.files ?? agent.files
  const env = configure(
    { ...(files ? { files } : {}), ...(agent.env ? { env: agent.env } : {}) },
    folder,
    node,
    gateway.base,
  )
  const world = { agent, session, bin, node, folder, project, env, upstream, play }
  const began = performance.now()
  play.begin(planOf(home, away, image, session.endsOnCut !== true))
  problems.push(...(await prompted(world, session.first(bin, PROMPTS.main), 'the session')))
  if (problems.length === 0) {
    if (session.compact) {
      play.expectCompaction()
      await prompted(world, session.next(bin, session.compact), 'compacting')
    }
    if (!session.endsOnAbort) problems.push(...(await aborted(world)))
    play.begin(epilogue())
    problems.push(...(await prompted(world, session.next(bin, PROMPTS.after), 'going on')))
  }
  const seconds = (performance.now() - began) / 1000
  await gateway.stop()
  log += gateway.log()
  upstream.stop()
  if (!play.compacted()) play.notes.add('the agent did not compact')
  const complaint = log.split('\n').find(line => / error /.test(line))
  problems.push(
    ...play.faults,
    ...play.neverAnswered().map(name => `${name}: its result never came back`),
    ...upstream.faults,
    ...(complaint ? [`the gateway's log: ${complaint.slice(0, 300)}`] : []),
  )
  const keep = process.env.JACKFIELD_AGENTS_KEEP
  if (keep)
    writeFileSync(join(folder, 'run.json'), JSON.stringify({ log, requests: upstream.requests }))
  else rmSync(folder, { recursive: true, force: true })
  return {
    good: problems.length === 0,
    why: [...problems, ...(keep ? [`kept in ${folder}`] : [])].join('; '),
    notes: [...play.notes, ...upstream.notes],
    seconds,
  }
}

function spawn({ node, project, env }: World, command: string[]) {
  if (/\.m?js$/.test(command[0] ?? '')) command.unshift(node)
  // A group of its own: some agents start themselves anew, and a terminal interrupts all of them.
  const child = Bun.spawn(command, {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  return { child, end: (signal: NodeJS.Signals) => endGroup(child.pid, signal) }
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It is over already.
  }
}

/** One prompt to its end; what is wrong with it. */
async function prompted(world: World, command: string[], name: string): Promise<string[]> {
  const { child, end } = spawn(world, command)
  const timer = setTimeout(() => end('SIGKILL'), LIMIT_MS)
  const [said, complained, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  clearTimeout(timer)
  if (process.env.JACKFIELD_AGENTS_KEEP)
    writeFileSync(join(world.folder, `${name}.json`), JSON.stringify({ said, complained, code }))
  const waiting = world.play.waitingFor()
  return [
    ...(code === 0
      ? []
      : [`${name}: exit code ${code}: ${(complained || said).trim().slice(-300)}`]),
    ...(waiting ? [`${name}: ended at "${waiting}"`] : []),
    ...(said.includes('DONE') ? [] : [`${name}: the last words did not reach the agent`]),
  ]
}

/** A prompt that is interrupted while it is answered: the upstream must be let go of at once. */
async function aborted(world: World): Promise<string[]> {
  const { session, bin, upstream, play } = world
  play.begin([])
  const from = upstream.requests.length
  const held = () => upstream.requests.slice(from).filter(one => one.held)
  const release = play.hold()
  const { child, end } = spawn(world, session.next(bin, PROMPTS.slow))
  const asked = await until(() => held().length > 0, 30_000)
  await Bun.sleep(500)
  end('SIGINT')
  const timer = setTimeout(() => end('SIGKILL'), 5_000)
  await child.exited
  clearTimeout(timer)
  end('SIGKILL')
  const left = await until(() => held().every(one => one.aborted), 5_000)
  release()
  if (!asked) return ['the abort: the agent asked for nothing']
  return left ? [] : ['the abort: the upstream request went on']
}

async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > end) return false
    await Bun.sleep(50)
  }
  return true
}
