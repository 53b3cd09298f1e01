/** One agent, one gateway, one upstream, one task. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Agent } from './agents.ts'
import { configure, makeHome, routesFor, startGateway } from './gateway.ts'
import type { Protocol } from './upstream/dialect.ts'
import { startUpstream } from './upstream/index.ts'
import { taskPlay } from './upstream/task.ts'

export type Outcome = { good: boolean; why: string; notes: string[]; seconds: number }

const LIMIT_MS = 180_000
const WORD = 'banana77'

export async function run(
  agent: Agent,
  bin: string,
  node: string,
  onto: Protocol,
): Promise<Outcome> {
  const { folder, project } = makeHome()
  const file = join(project, 'hello.txt')
  const play = taskPlay(file, WORD)
  const upstream = startUpstream(play)
  writeFileSync(join(folder, 'routes.yaml'), routesFor(upstream.port, onto))
  const gateway = await startGateway(folder)
  const env = configure(agent, folder, node, gateway.base)
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
    ...(play.finished() ? [] : ['the tool result never reached the upstream']),
    ...(said.includes('DONE') ? [] : ['the last words did not reach the agent']),
    ...upstream.faults,
    ...(complaint ? [`the gateway's log: ${complaint.slice(0, 300)}`] : []),
    ...(process.env.JACKFIELD_AGENTS_KEEP ? [`kept in ${folder}`] : []),
  ]
  const good = problems.filter(one => !one.startsWith('kept in')).length === 0
  return { good, why: problems.join('; '), notes: [...upstream.notes], seconds }
}
