/**
 * jackfield as a library: a gateway in the program's own process, without a listener, signals or an
 * end of the process. `createJackfield` makes one; the rest is what it takes and gives.
 */

import { readFileSync } from 'node:fs'
import { createApplication } from './app/create.ts'
import { createEntrances, type Entrances, type Peers } from './app/embed.ts'
import type { Runtime } from './app/services.ts'
import { folderStorage, memoryStorage } from './app/storage.ts'
import { type Diagnostic, formatDiagnostic } from './config/index.ts'
import { type Explanation, explain, type HypotheticalRequest } from './gateway/explain.ts'
import { after } from './lib/timer.ts'
import { type ConfigSource, constantSource, documentSource } from './store/config-source.ts'
import type { Store } from './store/store.ts'

export type { Diagnostic } from './config/index.ts'
export { formatDiagnostic } from './config/index.ts'
export type { Explanation, HypotheticalRequest } from './gateway/explain.ts'
export { type ConfigSource, constantSource } from './store/config-source.ts'
export { fileSource } from './store/documents/file-source.ts'
export { createFolderStore } from './store/documents/folder.ts'
export { createMemoryStore } from './store/documents/memory.ts'
export { ABSENT, type Store, StoreConflict } from './store/store.ts'

export type JackfieldOptions = {
  /** The text of a routes.yaml, or a source of it, whose changes come into force. Default: that of the store. */
  routes?: string | ConfigSource
  /** Holds `routes.yaml`, which the management API can then edit. Changes of it come into force. */
  store?: Store
  /** Holds what the routes name as `${NAME}`. Default: the environment of the process. */
  env?: Record<string, string | undefined>
  /** Reaches upstreams. Default: the runtime's own. */
  fetch?: typeof globalThis.fetch
  /**
   * A folder for what outlives the process: cooldowns, budgets, usage, stored reasoning and responses.
   * Default: none of it does.
   */
  folder?: string
  /** Takes lines of the log, each with its line break. Default: they are dropped. */
  log?(lines: string): void
  /** Epoch milliseconds. */
  now?(): number
  /** At least 0, below 1. */
  random?(): number
  /** Reads what the routes name as `${file:PATH}`; throws where there is no such file. */
  readFile?(path: string): string
}

export interface Jackfield extends Pick<Entrances, 'fetch' | 'websocket'> {
  /**
   * How a model name resolves, and who would be tried now. `request` describes what "when" and the
   * capabilities of targets may ask about.
   */
  explain(name: string, request?: HypotheticalRequest): Promise<Explanation>
  /** Compiles the routes again and puts them in force. Gives what is wrong with them; then the last good ones stay. */
  reload(): Promise<readonly Diagnostic[]>
  /** Follows no changes any more, lets WebSockets end, and writes out what requests left. */
  close(): Promise<void>
}

/** Routes that cannot be served. `diagnostics` say where and why, and what to write instead. */
export class InvalidRoutes extends Error {
  readonly diagnostics: readonly Diagnostic[]
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'))
    this.name = 'InvalidRoutes'
    this.diagnostics = diagnostics
  }
}

/** Compiles the routes and assembles a gateway. Rejects with `InvalidRoutes`. */
export async function createJackfield(options: JackfieldOptions): Promise<Jackfield> {
  const source = await sourceOf(options)
  const { name, text = '' } = source.current() ?? { name: ROUTES }
  const { routes, store } = options
  const peers: Peers = new WeakMap()
  const created = createApplication({
    name,
    text,
    source,
    runtime: runtimeOf(options, peers),
    salt: crypto.getRandomValues(new Uint8Array(32)),
    documentOf: () => (store && routes === undefined ? { store, key: ROUTES } : undefined),
  })
  if (!created.ok) throw new InvalidRoutes(created.diagnostics)
  const application = created.value
  const { services, live } = application
  const { fetch, websocket, drain } = createEntrances(live, peers)
  application.start()
  return {
    fetch,
    websocket,
    explain: (model, request) => explain(live.current.gateway.table, services, model, request),
    reload: application.reload,
    async close() {
      application.stop()
      await drain()
      await application.close()
    },
  }
}

/** The document that holds the routes in a store. */
const ROUTES = 'routes.yaml'

async function sourceOf({ routes, store, log }: JackfieldOptions): Promise<ConfigSource> {
  if (typeof routes === 'string') return constantSource(ROUTES, routes)
  if (routes) return routes
  if (!store) throw new TypeError('createJackfield: give routes, or a store that holds them')
  const failed = (error: unknown): void => log?.(`${ROUTES} cannot be read: ${String(error)}\n`)
  return documentSource({ store, key: ROUTES }, { failed })
}

function runtimeOf(options: JackfieldOptions, peers: Peers): Runtime {
  const {
    now = Date.now,
    random = Math.random,
    fetch = globalThis.fetch,
    env = process.env,
    readFile = path => readFileSync(path, 'utf8'),
    log = () => {},
    folder,
  } = options
  return {
    now,
    random,
    fetch,
    env,
    readFile,
    after,
    write: log,
    peerOf: request => peers.get(request),
    storage: warn => (folder === undefined ? memoryStorage(now) : folderStorage(folder, now, warn)),
  }
}
