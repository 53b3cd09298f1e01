/** Runs every agent onto every upstream protocol and prints the matrix, and why anything failed. */
import { AGENTS, type Agent } from './agents.ts'
import { installAgent, installNode } from './install.ts'
import { type Outcome, run } from './run.ts'
import { runSession } from './session/run.ts'
import type { Protocol } from './upstream/dialect.ts'

const ONTO: readonly Protocol[] = ['anthropic', 'openai-chat', 'openai-responses', 'gemini']
/** Agents at a time: they spend most of their time starting up. */
const AT_ONCE = Number(process.env.JACKFIELD_AGENTS_AT_ONCE ?? 4)

const sessions = process.argv[2] === 'session'
const wanted = process.argv.slice(sessions ? 3 : 2)
const chosen = AGENTS.filter(
  ({ name, session }) =>
    (!sessions || session !== undefined) &&
    (wanted.length === 0 || wanted.some(one => name === one || name.startsWith(`${one}-`))),
)
if (chosen.length === 0) {
  console.log(`no such agent; there are: ${AGENTS.map(({ name }) => name).join(' ')}`)
  process.exit(1)
}
const node = await installNode()
const outcomes = new Map<string, Outcome>()

/** Where a session goes to and comes back from: the next protocol of the list. */
function awayFrom(home: Protocol): Protocol {
  return ONTO[(ONTO.indexOf(home) + 1) % ONTO.length] ?? home
}

async function attempt(agent: Agent, onto: Protocol): Promise<void> {
  const bin = await installAgent(agent)
  const outcome: Outcome =
    bin && node
      ? await (sessions
          ? runSession(agent, bin, node, onto, awayFrom(onto))
          : run(agent, bin, node, onto))
      : { good: false, why: `${agent.package} could not be installed`, notes: [], seconds: 0 }
  outcomes.set(`${agent.name} ${onto}`, outcome)
  const { good, why, notes, seconds } = outcome
  const said = [...(why ? [why] : []), ...notes.map(note => `note: ${note}`)].join('; ')
  console.log(
    `${good ? 'pass' : 'FAIL'} ${agent.name} (${agent.speaks}) onto ${onto} (${seconds.toFixed(1)} s)${said ? `: ${said}` : ''}`,
  )
}

// Installing is done once for each package, one after the other.
for (const agent of chosen) await installAgent(agent)
const waiting = chosen.flatMap(agent => ONTO.map(onto => ({ agent, onto })))
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      await attempt(next.agent, next.onto)
  }),
)

const width = Math.max(...chosen.map(({ name }) => name.length))
console.log(`\n${''.padEnd(width)}  ${ONTO.map(onto => onto.padEnd(17)).join('')}`)
for (const { name, speaks } of chosen) {
  const cells = ONTO.map(onto => {
    const outcome = outcomes.get(`${name} ${onto}`)
    const mark = outcome?.good ? (onto === speaks ? 'pass (native)' : 'pass') : 'FAIL'
    return `${mark}${outcome?.notes.length ? '*' : ''}`.padEnd(17)
  })
  console.log(`${name.padEnd(width)}  ${cells.join('')}`)
}
const good = [...outcomes.values()].filter(outcome => outcome.good).length
const noted = [...outcomes.values()].some(({ notes }) => notes.length > 0)
console.log(`\n${good} of ${outcomes.size} pass${noted ? '; * with a note above' : ''}`)
process.exit(good === outcomes.size ? 0 : 1)
