import { clientKeys } from '../client-keys.ts'
import {
  createDraft,
  type Draft,
  filled,
  type ImportServices,
  noteDropped,
  noteUnneeded,
} from '../draft.ts'
import { isLocal, proxyOf } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { leaveBehind, type Reasons } from '../unsupported.ts'
import { withVariables } from '../variables.ts'
import { readProviders } from './providers.ts'
import { readRouter } from './router.ts'

/** `config.json` of claude-code-router, versions 1 and 2. */
export function importClaudeCodeRouter(config: TrackedSettings, services: ImportServices): Draft {
  const draft = createDraft('claude-code-router config.json')
  const providers = readProviders(config, draft, services)
  readRouter(config, providers, draft)
  readServer(config, draft, services)
  leaveBehind(config, { lost: LOST, idle: IDLE }, draft)
  return draft
}

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'httpsProxy', 'PROXY_URL']

function readServer(config: TrackedSettings, draft: Draft, services: ImportServices): void {
  const key = config.text('APIKEY')
  const host = config.text('HOST')
  const [written] = PROXIES.flatMap(name => config.text(name) ?? [])
  const proxy = written && proxyOf(withVariables(written, services))
  if (written && !proxy)
    noteDropped(
      draft,
      'PROXY_URL',
      'is no http, https, socks5 or socks5h address; write server.proxy-url by hand',
    )
  draft.routes.server = filled({
    // Without a key it stayed on this machine, whatever was written.
    host: key ? host : undefined,
    port: config.number('PORT') ?? 3456,
    'proxy-url': proxy,
  })
  const keys = key ? [{ key, as: withVariables(key, services) }] : []
  if (key) draft.routes['api-keys'] = clientKeys(keys, 'APIKEY', draft, services)
  else if (host && !isLocal(host))
    noteUnneeded(
      draft,
      'HOST',
      'without APIKEY it listened on this machine only, and so it does here',
    )
}

const CLIENT =
  'is for starting Claude Code, which you start yourself; the gateway says how when it starts'
const PRESET = 'describes a preset for others to install, which this file is not'

const LOST: Reasons = {
  CUSTOM_ROUTER_PATH:
    'a program of your own chose there; write what it does as conditions (when) under models',
  REWRITE_SYSTEM_PROMPT: 'system prompts go as the client wrote them',
  transformers:
    'programs of your own cannot change requests here; rules can set, default and remove members',
  plugins: 'there are no plugins; usage is counted and shown without one',
  Plugins: 'there are no plugins; usage is counted and shown without one',
  LOG_FILE: 'the log goes to stderr; send it to a file with 2>>jackfield.log',
}
const IDLE: Reasons = {
  LOG: 'the log goes to stderr; send it to a file with 2>>jackfield.log',
  LOG_LEVEL: 'its default was debug; write logging.level: debug to see who was tried and why',
  StatusLine: CLIENT,
  CLAUDE_PATH: CLIENT,
  NON_INTERACTIVE_MODE: CLIENT,
  claudeCodeSettings: CLIENT,
  noServer: CLIENT,
  forceUseImageAgent:
    'requests with images go to Router.image as they are, without an agent of its own',
  TIMEOUT: 'was not used for anything',
  name: PRESET,
  version: PRESET,
  description: PRESET,
  author: PRESET,
  homepage: PRESET,
  repository: PRESET,
  license: PRESET,
  keywords: PRESET,
}
