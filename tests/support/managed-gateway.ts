import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRoutesFile } from '../../src/config/routes-file.ts'
import { compile } from '../../src/gateway/compile.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import type { Live } from '../../src/gateway/live.ts'
import { createReloader } from '../../src/gateway/reload.ts'
import { type App, buildApp } from '../../src/http/app.ts'
import { createManagement, type Management } from '../../src/management/management.ts'
import { fileSource } from '../../src/store/documents/file-source.ts'
import { fileDocument } from '../../src/store/documents/folder.ts'
import { type LocalGateway, localGateway, type Upstream } from './local-gateway.ts'

export const SECRET = 'the-management-secret'

export type Called = { status: number; text: string; body: Wire; headers: Headers }
type Wire = Record<string, unknown>

export type ManagedGateway = {
  local: LocalGateway
  live: Live<App>
  management: Management
  /** What comes after `/v0/management`; with the right key unless other headers are given. */
  manage(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Called>
  /** Any request, as it is. */
  call(path: string, init?: RequestInit): Promise<Response>
  onDisk(): string
  write(text: string): void
  backups(): string[]
  folder: string
  /** Undefined: the connection is gone. */
  peer: string | undefined
}

const opened: { stop(): void; folder: string }[] = []

/** For `afterEach`. */
export function closeManaged(): void {
  for (const { stop, folder } of opened.splice(0)) {
    stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A gateway in this process over a file of its own, with the management API. */
export function managedGateway(
  routes: string,
  upstream: Upstream = () => new Response(null, { status: 500 }),
  env: Record<string, string> = {},
): ManagedGateway {
  const local = localGateway(routes, upstream, env)
  const { services } = local
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-managed-'))
  const path = join(folder, 'routes.yaml')
  writeFileSync(path, routes)
  const salt = new Uint8Array(32).fill(3)
  const { now } = services
  const check = (text: string) => compile('routes.yaml', text, services)
  const reload = (text: string) => reloader.written(text)
  const file = createRoutesFile({
    ...fileDocument(path, now),
    name: 'routes.yaml',
    salt,
    check,
    reload,
  })
  const management = createManagement({ file: () => file, now, salt })
  const managed = {
    peer: '127.0.0.1' as string | undefined,
  }
  services.peerOf = () => managed.peer
  const build: (gateway: Gateway) => App = gateway =>
    buildApp(gateway, [management.routes(gateway)])
  const live: Live<App> = {
    current: { gateway: local.gateway, app: build(local.gateway) },
    refused: [],
    reloads: 0,
  }
  const reloader = createReloader({ source: fileSource(path), live, services, build })
  opened.push({ stop: () => reloader.stop(), folder })
  const call = async (where: string, init: RequestInit = {}): Promise<Response> =>
    live.current.app.fetch(new Request(`http://localhost${where}`, init))
  return Object.assign(managed, {
    local,
    live,
    management,
    folder,
    call,
    async manage(
      method: string,
      where: string,
      body?: unknown,
      headers: HeadersInit = { authorization: `Bearer ${SECRET}` },
    ) {
      const response = await call(`/v0/management${where}`, {
        method,
        headers,
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json')
      const wire: Wire = isJson ? JSON.parse(text) : {}
      return { status: response.status, text, body: wire, headers: response.headers }
    },
    onDisk: () => readFileSync(path, 'utf8'),
    write: (text: string) => writeFileSync(path, text),
    backups: () => readdirSync(folder).filter(name => name.endsWith('.bak')),
  })
}
