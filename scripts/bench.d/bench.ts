/** Prints what the gateway costs as ratios to the floor, measured in turns in one run. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuUs } from './cpu.ts'

const quick = process.argv.includes('--quick')
const folder = mkdtempSync(join(tmpdir(), 'jackfield-bench-'))
const binary = process.env.JACKFIELD_BINARY ?? join(import.meta.dir, '../../dist/jackfield')
const KEY = 'bench-key'
// The load generator and the floor must not queue at Bun's own limit either.
const env = { PATH: process.env.PATH ?? '', HOME: folder, BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' }

if (process.env.BUN_CONFIG_MAX_HTTP_REQUESTS === undefined) {
  const again = Bun.spawn([process.execPath, import.meta.path, ...process.argv.slice(2)], {
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' },
    stdio: ['inherit', 'inherit', 'inherit'],
  })
  process.exit(await again.exited)
}

type Process = { port: number; pid: number; stop(): void }

async function startScript(name: string, ...args: string[]): Promise<Process> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, name), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { value } = await child.stdout.getReader().read()
  return { port: Number(new TextDecoder().decode(value)), pid: child.pid, stop: () => child.kill() }
}

async function startGateway(mockPort: number): Promise<Process> {
  const mock = `http://127.0.0.1:${mockPort}`
  const modes = { json: 'json', slow: 'sse/50/20', held: 'sse/100/100' }
  const providers = Object.entries(modes).map(
    ([id, path]) =>
      `  ${id}: { kind: openai-compatible, base-url: "${mock}/${path}/v1", keys: [ k ], discover: false }`,
  )
  const models = Object.keys(modes).map(id => `  ${id}: ${id}/bench`)
  const routes = `version: 1\nproviders:\n${providers.join('\n')}\nmodels:\n${models.join('\n')}\napi-keys: [ ${KEY} ]\n`
  writeFileSync(join(folder, 'routes.yaml'), routes)
  const child = Bun.spawn(
    [binary, 'serve', '--routes', join(folder, 'routes.yaml'), '--port', '0'],
    { env: { PATH: env.PATH, HOME: folder }, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const reader = child.stderr.getReader()
  let log = ''
  while (!/listens on http:\/\/[^:]+:(\d+)/.test(log))
    log += new TextDecoder().decode((await reader.read()).value)
  void (async () => {
    while (!(await reader.read()).done);
  })()
  return {
    port: Number(/listens on http:\/\/[^:]+:(\d+)/.exec(log)?.[1]),
    pid: child.pid,
    stop: () => child.kill(),
  }
}

function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const percentile = (values: number[], share: number): number =>
  [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(values.length * share))
  ] ?? Number.NaN

type Target = {
  url: string
  body: Uint8Array<ArrayBuffer> | string
  headers: Record<string, string>
}

async function once({ url, body, headers }: Target): Promise<number> {
  const began = performance.now()
  const response = await fetch(url, { method: 'POST', body, headers })
  await response.bytes()
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return performance.now() - began
}

async function many(target: Target, times: number, at: number): Promise<number[]> {
  const took: number[] = []
  let left = times
  await Promise.all(
    Array.from({ length: at }, async () => {
      while (left-- > 0) took.push(await once(target))
    }),
  )
  return took
}

const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` }
const message = (size: number): string =>
  'Please look at the function and say why it fails. '.repeat(20).slice(0, size)

/** A long agent session: short turns and long file contents, with the quotes and breaks of code. */
function history(bytes: number): object[] {
  const code = Array.from(
    { length: 60 },
    (_, n) => `  const value${n} = await load("item-${n}", { retry: ${n} })\n`,
  ).join('')
  const messages: object[] = []
  for (let size = 0; size < bytes; size += code.length * 1.1 + 300) {
    messages.push({
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: `call_${size}`,
          type: 'function',
          function: { name: 'read', arguments: '{"path":"src/a.ts"}' },
        },
      ],
    })
    messages.push({ role: 'tool', tool_call_id: `call_${size}`, content: code })
  }
  return messages
}

const small = (model: string, extra: object = {}): string =>
  JSON.stringify({ model, messages: [{ role: 'user', content: message(680) }], ...extra })
const large = (model: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify({ model, messages: history(500_000), stream: false }))

const rows: string[][] = []
function row(
  figure: string,
  value: string,
  floor: string,
  ratio: number | undefined,
  aim: string,
  good: boolean | undefined,
): void {
  rows.push([
    figure,
    value,
    floor,
    ratio === undefined ? '' : ratio.toFixed(2),
    aim,
    good === undefined ? '' : good ? 'ok' : 'MISS',
  ])
  console.log(rows[rows.length - 1]?.join(' | '))
}
const us = (value: number): string => `${value.toFixed(1)} µs`

const mock = await startScript('mock.ts')
const floor = await startScript('floor.ts', String(mock.port))
const gateway = await startGateway(mock.port)
const chat = `http://127.0.0.1:${gateway.port}/v1/chat/completions`
const messages = `http://127.0.0.1:${gateway.port}/v1/messages`
const bare = (path: string): string => `http://127.0.0.1:${floor.port}/${path}/v1/chat/completions`
console.log('figure | gateway | floor | ratio | aim | ')

/**
 * Both in turns, so that a machine that slows down slows both. Gives the lower quartiles: what else
 * runs on the machine only ever adds. What comes first is not counted: the runtime compiles what
 * is called often, which for small requests takes some 20,000 of them.
 */
async function paired(
  run: (which: 'gateway' | 'floor') => Promise<number>,
  warmUps: number,
  rounds: number,
): Promise<[number, number]> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < warmUps + rounds; round++) {
    const [a, b] = [await run('gateway'), await run('floor')]
    if (round < warmUps) continue
    ours.push(a)
    theirs.push(b)
  }
  return [percentile(ours, 0.25), percentile(theirs, 0.25)]
}

async function cpuPer(
  which: 'gateway' | 'floor',
  target: Target,
  times: number,
  at: number,
): Promise<number> {
  const { pid } = which === 'gateway' ? gateway : floor
  const before = cpuUs(pid)
  await many(target, times, at)
  return (cpuUs(pid) - before) / times
}

type Figure = { figure: string; times: number; at: number; warmUps: number; rounds: number }

async function cpuFigure(
  { figure, times, at, warmUps, rounds }: Figure,
  ours: Target,
  theirs: Target,
  aim: number,
): Promise<void> {
  const [a, b] = await paired(
    which => cpuPer(which, which === 'gateway' ? ours : theirs, times, at),
    warmUps,
    rounds,
  )
  row(figure, us(a), us(b), a / b, `≤ ${aim}`, a / b <= aim)
}

const smallOurs = { url: chat, body: small('json'), headers }
const smallFloor = { url: bare('json'), body: small('bench'), headers }
const SMALL = { times: 1_000, at: 32, warmUps: 20, rounds: quick ? 8 : 20 }
await cpuFigure({ ...SMALL, figure: 'CPU, small JSON exchange' }, smallOurs, smallFloor, 1.5)
await cpuFigure(
  { ...SMALL, figure: 'CPU, small JSON, translated', warmUps: 10 },
  { url: messages, body: small('json', { max_tokens: 9 }), headers },
  smallFloor,
  2,
)
await cpuFigure(
  { figure: 'CPU, 500 kB body', times: 60, at: 8, warmUps: 4, rounds: quick ? 6 : 14 },
  { url: chat, body: large('json'), headers },
  { url: bare('json'), body: large('bench'), headers },
  1.3,
)

for (const [at, label] of [
  [1, 'one connection'],
  [32, '32 connections'],
] as const) {
  const all = { gateway: [] as number[], floor: [] as number[], direct: [] as number[] }
  for (let round = 0; round < (quick ? 3 : 6); round++) {
    all.gateway.push(...(await many(smallOurs, 800, at)))
    all.floor.push(...(await many(smallFloor, 800, at)))
    all.direct.push(
      ...(await many(
        { ...smallFloor, url: `http://127.0.0.1:${mock.port}/json/v1/chat/completions` },
        800,
        at,
      )),
    )
  }
  for (const share of [0.5, 0.99]) {
    const direct = percentile(all.direct, share)
    const a = percentile(all.gateway, share) - direct
    const b = percentile(all.floor, share) - direct
    const aimed = at === 1 && share === 0.5
    row(
      `added latency p${share * 100}, ${label}`,
      `${a.toFixed(3)} ms`,
      `${b.toFixed(3)} ms`,
      a / b,
      aimed ? '≤ 0.2 ms' : '',
      aimed ? a <= 0.2 : undefined,
    )
  }
}

const asStream = (model: string, extra: object = {}): string =>
  JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'x' }], ...extra })
const EVENTS = 52
/** Agents ask for the usage; where they do not, the gateway has to estimate it. */
const USAGE = { stream_options: { include_usage: true } }
async function perEvent(figure: string, ours: Target, theirs: Target, aim: number): Promise<void> {
  const streams = 100
  const [a, b] = await paired(
    async which =>
      (await cpuPer(which, which === 'gateway' ? ours : theirs, streams, streams)) / EVENTS,
    quick ? 4 : 8,
    quick ? 6 : 14,
  )
  row(figure, us(a), us(b), a / b, `≤ ${aim}`, a / b <= aim)
}
await perEvent(
  'CPU per SSE event, passed',
  { url: chat, body: asStream('slow', USAGE), headers },
  { url: bare('sse/50/20'), body: asStream('bench', USAGE), headers },
  1.2,
)
await perEvent(
  'CPU per SSE event, passed, no usage',
  { url: chat, body: asStream('slow'), headers },
  { url: bare('sse/50/20'), body: asStream('bench'), headers },
  1.2,
)
await perEvent(
  'CPU per SSE event, translated',
  { url: messages, body: asStream('slow', { max_tokens: 9 }), headers },
  { url: bare('translate/sse/50/20'), body: asStream('bench', USAGE), headers },
  1.3,
)

const idle = residentKb(gateway.pid)
/** Holds streams open at once; gives errors and the memory that each took. */
async function hold(target: Target, streams: number): Promise<{ errors: number; kb: number }> {
  const before = residentKb(gateway.pid)
  let errors = 0
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, residentKb(gateway.pid))
  }, 200)
  await Promise.all(
    Array.from({ length: streams }, async () => {
      try {
        const response = await fetch(target.url, {
          method: 'POST',
          body: target.body,
          headers: target.headers,
        })
        const text = await response.text()
        if (!text.includes('[DONE]') && !text.includes('message_stop')) errors++
      } catch {
        errors++
      }
    }),
  )
  clearInterval(watch)
  return { errors, kb: (peak - before) / streams }
}
const passed = { url: chat, body: asStream('held', USAGE), headers }
const translated = { url: messages, body: asStream('held', { max_tokens: 9 }), headers }
row(
  'resident memory, warm',
  `${(idle / 1000).toFixed(0)} MB`,
  `${(residentKb(floor.pid) / 1000).toFixed(0)} MB`,
  undefined,
  '',
  undefined,
)
for (const [label, target, aim] of [
  ['passed', passed, 20],
  ['translated', translated, 60],
] as const) {
  for (const streams of quick ? [1_000] : [1_000, 4_000]) {
    const { errors, kb } = await hold(target, streams)
    row(
      `${streams} concurrent streams, ${label}`,
      `${errors} errors`,
      '',
      undefined,
      '0',
      errors === 0,
    )
    row(
      `memory per stream at ${streams}, ${label}`,
      `${kb.toFixed(1)} kB`,
      '',
      undefined,
      `≤ ${aim} kB`,
      kb <= aim,
    )
  }
}
gateway.stop()
floor.stop()

const starts: number[] = []
const startCpus: number[] = []
for (let round = 0; round < (quick ? 5 : 10); round++) {
  const began = performance.now()
  const fresh = await startGateway(mock.port)
  await fetch(`http://127.0.0.1:${fresh.port}/healthz`)
  starts.push(performance.now() - began)
  startCpus.push(cpuUs(fresh.pid) / 1e3)
  if (round === 0)
    row(
      'resident memory, fresh',
      `${(residentKb(fresh.pid) / 1000).toFixed(0)} MB`,
      '',
      undefined,
      '',
      undefined,
    )
  fresh.stop()
}
const start = median(starts)
row('start-up, CPU', `${median(startCpus).toFixed(0)} ms`, '', undefined, '', undefined)
row('start-up to first 200', `${start.toFixed(0)} ms`, '', undefined, '≤ 60 ms', start <= 60)
row('binary size', `${(statSync(binary).size / 1e6).toFixed(0)} MB`, '', undefined, '', undefined)
mock.stop()
rmSync(folder, { recursive: true, force: true })

const widths =
  rows[0]?.map((_, column) => Math.max(...rows.map(cells => cells[column]?.length ?? 0))) ?? []
console.log(
  `\n${rows.map(cells => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')}`,
)
process.exit(0)
