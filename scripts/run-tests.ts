/**
 * Runs `bun test` and closes with one line that counts what ran. Tests that pass are left out of
 * what is printed: Bun's own reporters (`--dots`, `--only-failures`) also leave out those that are
 * skipped. The time a test may take is given here: bunfig.toml's has no effect (Bun 1.4.5).
 * Files run in as many processes as there are cores; each process loads what they import once. The
 * slowest begin first, by tests/timings.json, which `--update-timings` writes anew; files that are not
 * in it begin before all others.
 */
import { join } from 'node:path'

const TIMEOUT_MS = 30_000
const TIMINGS = join(import.meta.dir, '../tests/timings.json')

const given = process.argv.slice(2)
const options = [`--timeout=${TIMEOUT_MS}`, '--parallel', '--no-isolate', `--timings=${TIMINGS}`]
const child = Bun.spawn([process.execPath, 'test', ...options, ...given], {
  stdio: ['ignore', 'inherit', 'pipe'],
  env: { ...process.env, FORCE_COLOR: '0' },
})
let output = ''
let line = ''
const decoder = new TextDecoder()
for await (const chunk of child.stderr) {
  const text = decoder.decode(chunk, { stream: true })
  output = (output + text).slice(-4_000)
  const lines = (line + text).split('\n')
  line = lines.pop() ?? ''
  const shown = lines.filter(entry => !entry.startsWith('(pass) '))
  if (shown.length > 0) process.stderr.write(`${shown.join('\n')}\n`)
}
process.stderr.write(line)
const code = await child.exited
const count = (what: string): number =>
  Number(new RegExp(`^\\s*(\\d+) ${what}$`, 'm').exec(output)?.[1] ?? 0)
const passed = count('pass')
const failed = count('fail')
// A run that ended before its summary counts as a failure, whatever it printed.
const broken = code !== 0 && failed === 0 ? 1 : 0
console.log(`${passed} passed, ${failed + broken} failed, ${count('skip')} skipped`)
process.exit(code === 0 && passed === 0 ? 1 : code)
