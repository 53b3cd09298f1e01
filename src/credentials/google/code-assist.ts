import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { isObject } from '../../lib/json/json.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import type { After } from '../../lib/timer.ts'
import { ask, type OAuthHttp } from '../oauth/ask.ts'
import { OAuthError, shownWords } from '../oauth/error.ts'

/** Where Google makes an account ready for Code Assist. No trailing slashes. */
export type CodeAssistHosts = { codeAssist: string; resourceManager: string; serviceUsage: string }

export const GOOGLE_HOSTS: CodeAssistHosts = {
  codeAssist: 'https://cloudcode-pa.googleapis.com',
  resourceManager: 'https://cloudresourcemanager.googleapis.com',
  serviceUsage: 'https://serviceusage.googleapis.com',
}

export type OnboardingOptions = {
  hosts: CodeAssistHosts
  accessToken: string
  http: OAuthHttp
  now(): number
  after: After
  signal: AbortSignal
  /** A sentence for the user while it goes on. */
  warn(message: string): void
}

const METADATA = {
  ideType: 'IDE_UNSPECIFIED',
  platform: 'PLATFORM_UNSPECIFIED',
  pluginType: 'GEMINI',
}
const SERVICE = 'cloudaicompanion.googleapis.com'
const REMEDY =
  'give a project of yours: jackfield login gemini --project PROJECT (or ALL); ' +
  'console.cloud.google.com lists and makes them'
const POLL_MS = 5_000
const POLLS = 60
/** Where Google makes the project itself. */
const OWN_POLL_MS = 2_000
const OWN_POLLS = 15

/**
 * Makes an account ready and gives the projects that it can be used with. `wanted`: a project, a
 * comma list, `ALL`, or undefined for the one that Google gives. Of several projects those that
 * cannot be used are named and left out. Throws an `OAuthError` where none is left.
 */
export async function onboard(
  wanted: string | undefined,
  options: OnboardingOptions,
): Promise<readonly string[]> {
  if (wanted === undefined) return [await onboardProject(undefined, options)]
  const names = wanted === 'ALL' ? await listProjects(options) : listed(wanted)
  const [only] = names
  if (only !== undefined && names.length === 1) return [await onboardProject(only, options)]
  const projects = new Set<string>()
  for (const name of names) {
    try {
      projects.add(await onboardProject(name, options))
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      options.warn(`the project ${name} is left out: ${error.message}`)
    }
  }
  if (projects.size > 0) return [...projects]
  throw new OAuthError('rejected', `no project of the account can be used; ${REMEDY}`)
}

function listed(names: string): string[] {
  return names
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
}

async function listProjects(options: OnboardingOptions): Promise<string[]> {
  const found: string[] = []
  let page: string | undefined = ''
  while (page !== undefined) {
    const query = page === '' ? '' : `?pageToken=${encodeURIComponent(page)}`
    const url = `${options.hosts.resourceManager}/v1/projects${query}`
    const members = await call(url, undefined, options)
    for (const { projectId } of objects(members.projects)) {
      const id = text(projectId)
      if (id) found.push(id)
    }
    page = text(members.nextPageToken) || undefined
  }
  return found
}

async function onboardProject(
  wanted: string | undefined,
  options: OnboardingOptions,
): Promise<string> {
  const { codeAssist } = options.hosts
  const asked = { metadata: METADATA, ...projectMember(wanted) }
  const loaded = await call(`${codeAssist}/v1internal:loadCodeAssist`, asked, options)
  const tiers = objects(loaded.allowedTiers)
  const tier = tiers.find(({ isDefault }) => isDefault === true)
  const project = wanted ?? projectIn(loaded.cloudaicompanionProject)
  if (project === undefined && tier?.userDefinedCloudaicompanionProject === true)
    throw new OAuthError('rejected', `this account needs a project of its own; ${REMEDY}`)
  const found = await enrolled(text(tier?.id) ?? 'legacy-tier', project, options)
  const used = found ?? project
  if (used === undefined) throw new OAuthError('rejected', withoutProject(loaded))
  if (wanted !== undefined) await enableService(used, options)
  return used
}

function projectMember(project: string | undefined): JsonObject {
  return project === undefined ? {} : { cloudaicompanionProject: project }
}

/** Google's own reason, where it gives one. */
function withoutProject(loaded: JsonObject): string {
  const reason = objects(loaded.ineligibleTiers)
    .map(({ reasonMessage }) => text(reasonMessage))
    .find(Boolean)
  const words = reason === undefined ? '' : ` (${shownWords(reason)})`
  return `Google gives this account no project for Code Assist${words}; ${REMEDY}`
}

/** The project that Google names in the end; undefined: it names none. */
async function enrolled(
  tierId: string,
  project: string | undefined,
  options: OnboardingOptions,
): Promise<string | undefined> {
  const url = `${options.hosts.codeAssist}/v1internal:onboardUser`
  const body = { tierId, metadata: METADATA, ...projectMember(project) }
  const polls = project === undefined ? OWN_POLLS : POLLS
  for (let poll = 0; poll <= polls; poll++) {
    if (poll > 0) await pause(project === undefined ? OWN_POLL_MS : POLL_MS, options)
    const members = await call(url, body, options)
    if (members.done !== true) continue
    const error = object(members.error)
    if (error)
      throw new OAuthError(
        'rejected',
        `Google did not set the account up (${shownWords(text(error.message) ?? 'it gave no reason')}); ${REMEDY}`,
      )
    return projectIn(object(members.response)?.cloudaicompanionProject)
  }
  throw new OAuthError(
    'transient',
    'Google did not finish setting the account up in time; sign in again later',
  )
}

function projectIn(value: JsonValue | undefined): string | undefined {
  return (isObject(value) ? text(value.id) : text(value)) || undefined
}

/** Requests for a project are refused while its Code Assist API is off. */
async function enableService(project: string, options: OnboardingOptions): Promise<void> {
  const path = `/v1/projects/${encodeURIComponent(project)}/services/${SERVICE}`
  const url = `${options.hosts.serviceUsage}${path}`
  try {
    const { state } = await call(url, undefined, options)
    if (state !== 'ENABLED') await call(`${url}:enable`, {}, options)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    if (/already enabled/i.test(error.message)) return
    throw new OAuthError(
      error.code,
      `${error.message}; the API ${SERVICE} of the project ${project} could not be turned on: ` +
        `do that at https://console.cloud.google.com/apis/library/${SERVICE}?project=${encodeURIComponent(project)} and sign in again`,
    )
  }
}

async function call(
  url: string,
  body: JsonObject | undefined,
  { accessToken, http, now }: OnboardingOptions,
): Promise<JsonObject> {
  const headers = { authorization: `Bearer ${accessToken}` }
  const sent = body && ({ type: 'json', members: body } as const)
  const question = { title: 'Google', url, headers, body: sent, secrets: [accessToken] }
  return (await ask(question, http, now())).members
}

function pause(ms: number, { after, signal }: OnboardingOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      stop()
      reject(signal.reason)
    }
    const stop = after(ms, () => {
      signal.removeEventListener('abort', leave)
      resolve()
    })
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
}
