import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type AccountChange, accountChange, withAccountChange } from '../../config/edit/accounts.ts'
import { GOOGLE_HOSTS, onboard } from '../../credentials/google/code-assist.ts'
import type { OAuthHttp } from '../../credentials/oauth/ask.ts'
import { withClientSecret } from '../../credentials/oauth/client-secret.ts'
import { deviceHeaders } from '../../credentials/oauth/device-headers.ts'
import { OAuthError } from '../../credentials/oauth/error.ts'
import { identityOf } from '../../credentials/oauth/identity.ts'
import { type NewAccount, newAccount, saveAccount } from '../../credentials/oauth/new-account.ts'
import type { IssuedTokens } from '../../credentials/oauth/tokens.ts'
import type { OAuthVendor } from '../../credentials/oauth/vendor.ts'
import { VENDORS, vendorBy } from '../../credentials/oauth/vendors.ts'
import { createProbe } from '../../exchange/upstream/connect-probe.ts'
import { createHttpTransport } from '../../exchange/upstream/http-transport.ts'
import { createProxies } from '../../exchange/upstream/proxies.ts'
import { didYouMean } from '../../lib/nearest.ts'
import { codeOf } from '../../lib/thrown.ts'
import type { RoutingTable } from '../../routing/table.ts'
import { version } from '../../version.ts'
import { folderProblem, openAuthFolder } from '../account-folder.ts'
import { command, type Parsed } from '../arguments.ts'
import { editRoutes } from '../edit-routes.ts'
import { compiledRoutes } from '../load-routes.ts'
import { clockText } from '../login/prompts.ts'
import { browserSignIn, deviceSignIn, keptAfter, type Terminal } from '../login/sign-in.ts'
import { defaultRoutes } from '../routes-location.ts'
import { type Io, refuse } from '../terminal.ts'

const NAMES = VENDORS.map(({ name }) => name)

const HELP = `usage: jackfield login ${NAMES.join('|')} [options]

Signs in to a vendor with your account there and writes the account into a file of its own, which a
running gateway uses within a second. The browser is opened for it; claude, codex and gemini send it
back to a port of this machine, the others show a code to type on any device.

  --device        by a code even where there is a browser
  --no-browser    opens none: prints the link, and takes the address that a browser elsewhere ends at
  --project P     gemini: the Google Cloud project that pays; several with commas, or ALL of the account's
  --label L       how the account is called, where the vendor gives no e-mail or you want another name
  --routes FILE   whose auth-dir, proxies and oauth settings hold (the file that is served)
  --add           adds what routes.yaml lacks before the account serves; comments stay
`

const OPTIONS = {
  device: { type: 'boolean' },
  'no-browser': { type: 'boolean' },
  label: { type: 'string' },
  project: { type: 'string' },
  routes: { type: 'string' },
  add: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = Parsed<typeof OPTIONS>['values']

/** What the user asked for, with what routes.yaml says of it. */
type SignIn = { vendor: OAuthVendor; values: Values; table: RoutingTable }

const USAGE = {
  name: 'login',
  help: HELP,
  options: OPTIONS,
  argument: 'vendor',
  required: true,
} as const

export const run = command(USAGE, async ({ values, positionals }, io) => {
  const [name = ''] = positionals
  const problem = problemWith(name, values)
  if (problem !== undefined) return refuse('login', problem, io)
  const table = compiledRoutes('login', values.routes, 'give another --routes', io)
  const vendor = table && vendorIn(table, name)
  if (!vendor) return 1
  const leaving = new AbortController()
  const leave = (): void => leaving.abort(new Cancelled())
  for (const signal of SIGNALS) process.once(signal, leave)
  try {
    return await signIn({ vendor, values, table }, leaving.signal, io)
  } catch (error) {
    return failed(error, io)
  } finally {
    for (const signal of SIGNALS) process.off(signal, leave)
  }
})

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

class Cancelled extends Error {}

/** Undefined: there is none. */
function problemWith(name: string, { device, label, project }: Values): string | undefined {
  const vendor = vendorBy('name', name)
  if (!vendor)
    return `there is no sign-in to "${name}" (${didYouMean(name, NAMES) ?? `there are ${NAMES.join(', ')}`})`
  if (device && !vendor.device)
    return `${vendor.title} has no sign-in by a code; leave --device out, and take --no-browser where no browser is`
  if (project !== undefined && (!vendor.onboarding || !/^[\w.:-]+(,[\w.:-]+)*$/.test(project)))
    return vendor.onboarding
      ? '--project takes the id of a project, several with commas, or ALL'
      : `${vendor.title} has no projects; leave --project out`
  if (label !== undefined && (label.trim() === '' || label.length > 100 || /\p{Cc}/u.test(label)))
    return 'a label has 1 to 100 characters and no control characters'
  return undefined
}

/** As a provider of routes.yaml changes it. */
function vendorIn({ providers }: RoutingTable, name: string): OAuthVendor | undefined {
  const ours = [...providers.values()].find(({ vendor }) => vendor?.name === name)
  return ours?.vendor ?? vendorBy('name', name)
}

async function signIn(asked: SignIn, signal: AbortSignal, io: Io): Promise<number> {
  const { values, table } = asked
  const folder = openAuthFolder(resolve(io.cwd, table.authDir))
  const vendor = withClientSecret(asked.vendor, folder.files(), io.env)
  const deviceId = randomUUID()
  const headers = deviceHeaders(vendor, { device_id: deviceId })
  const http = { ...httpFor(asked, signal, io), headers }
  const tokens = await tokensFor(vendor, values, {
    io,
    http,
    signal,
    mayOpen: !values['no-browser'],
  })
  const clock = clockText(vendor.title, tokens.clockAheadMs)
  if (clock !== undefined) io.stderr(clock)
  const label = values.label?.trim() ?? (await identityOf(vendor, tokens, http, Date.now()))
  const projects = vendor.onboarding && (await projectsFor(asked, tokens, { http, signal, io }))
  const chosen = values.project !== undefined
  const account = newAccount(vendor, tokens, { label, deviceId, projects, chosen }, Date.now())
  const file = await saveAccount(folder, account).catch(error => {
    if (codeOf(error) === undefined || error instanceof OAuthError) throw error
    throw new OAuthError('rejected', folderProblem(error, folder.path))
  })
  io.stdout(`signed in to ${vendor.title} as ${account.label}: ${join(folder.path, file)}\n`)
  return serveFrom(vendor, account, values, io)
}

/** The projects that the account serves with, made ready where they were not. */
function projectsFor(
  { vendor, values, table }: SignIn,
  { accessToken }: IssuedTokens,
  { http, signal, io }: { http: OAuthHttp; signal: AbortSignal; io: Io },
): Promise<readonly string[]> {
  const provider = [...table.providers.values()].find(({ kind }) => kind.id === vendor.kind)
  const codeAssist = provider?.speaks[0]?.baseUrl ?? GOOGLE_HOSTS.codeAssist
  const isOther = codeAssist !== GOOGLE_HOSTS.codeAssist
  io.stderr('setting the account up for Code Assist; this may take a minute\n')
  return onboard(values.project, {
    // A deployment of one's own stands in for all of Google's hosts.
    hosts: isOther
      ? { codeAssist, resourceManager: codeAssist, serviceUsage: codeAssist }
      : GOOGLE_HOSTS,
    accessToken,
    http,
    now: Date.now,
    after: keptAfter,
    signal,
    warn: message => io.stderr(`${message}\n`),
  })
}

function tokensFor(
  vendor: OAuthVendor,
  { device }: Values,
  terminal: Terminal,
): Promise<IssuedTokens> {
  const flows = { browser: vendor.browser, device: vendor.device }
  if (flows.browser && !device)
    return browserSignIn({ ...vendor, browser: flows.browser }, terminal)
  if (flows.device) return deviceSignIn({ ...vendor, device: flows.device }, terminal)
  throw new Error(`${vendor.name} has no way to sign in`)
}

function httpFor({ vendor, table }: SignIn, signal: AbortSignal, { env }: Io): OAuthHttp {
  const provider = [...table.providers.values()].find(({ kind }) => kind.id === vendor.kind)
  const probe = createProbe(Date.now)
  const transport = createHttpTransport({ fetch, proxies: createProxies(env), probe })
  return { transport, userAgent: `jackfield/${version}`, proxy: provider?.proxy, signal }
}

/** Adds to routes.yaml what the account needs there, or says what that is. */
async function serveFrom(
  { kind, name }: OAuthVendor,
  { label }: NewAccount,
  { routes, add }: Values,
  io: Io,
): Promise<number> {
  const file = routes ?? defaultRoutes(io)
  const path = resolve(io.cwd, file)
  const there = existsSync(path)
  const wanted = { kind, name, label }
  const change = accountChange(there ? io.readFile(path) : '', wanted)
  if (change.type === 'none') {
    io.stderr(`provider ${change.provider} of ${file} uses it\n`)
    return 0
  }
  if (!add || !there) {
    const first = there ? '' : `there is no ${file} yet ("jackfield init" writes one); `
    const shortcut = there ? `, or run: jackfield login ${name} --add` : ''
    io.stderr(`${first}put this into it${shortcut}\n\n${lackText(change)}\n`)
    return add ? 1 : 0
  }
  const edit = (text: string) => withAccountChange(text, accountChange(text, wanted))
  if (!(await editRoutes('login', file, edit, io))) return 1
  io.stderr(`provider ${change.provider} of ${file} uses it now\n`)
  return 0
}

function lackText(change: Exclude<AccountChange, { type: 'none' }>): string {
  const value = change.type === 'list' ? `accounts: [ …, ${change.label} ]` : `kind: ${change.kind}`
  return `providers:\n  ${change.provider}:\n    ${value}\n`
}

/** Gives the exit code. */
function failed(error: unknown, io: Io): number {
  if (error instanceof Cancelled) {
    io.stderr('cancelled; nothing is changed\n')
    return 130
  }
  if (error instanceof OAuthError) return refuse('login', error.message, io)
  throw error
}
