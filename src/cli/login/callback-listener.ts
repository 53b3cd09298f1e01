import { createServer, type Server, type ServerResponse } from 'node:http'
import type { CallbackHandler, CallbackPage } from '../../credentials/oauth/browser-sign-in.ts'
import { callbackIn } from '../../credentials/oauth/callback.ts'
import { OAuthError } from '../../credentials/oauth/error.ts'
import type { BrowserFlow } from '../../credentials/oauth/vendor.ts'

/** A browser may take `localhost` for either of them. */
const LOOPBACK = ['127.0.0.1', '::1']

/**
 * Takes a vendor's redirects on the port that is registered with it, and shows the browser what came
 * of them. Throws an `OAuthError` where another program has that port. Gives what ends it.
 */
export async function listenForCallback(
  { redirectPort, redirectPath }: Pick<BrowserFlow, 'redirectPort' | 'redirectPath'>,
  handler: CallbackHandler,
): Promise<() => void> {
  const servers: Server[] = []
  const close = (): void => {
    for (const server of servers) server.close()
  }
  try {
    for (const address of LOOPBACK) {
      const server = createServer((request, response) => {
        const url = new URL(request.url ?? '/', 'http://localhost')
        if (request.method !== 'GET' || url.pathname !== redirectPath)
          return void response.writeHead(404, { connection: 'close' }).end()
        void handler(callbackIn(url.searchParams)).then(page => show(page, response))
      })
      if (await listens(server, redirectPort, address)) servers.push(server)
    }
  } catch (error) {
    close()
    throw error
  }
  return close
}

/** False: this machine has no such address. */
function listens(server: Server, port: number, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(portInUse(port))
      else if (address === '127.0.0.1') reject(noPort(port, error))
      else resolve(false)
    })
    server.listen(port, address, () => resolve(true))
  })
}

function portInUse(port: number): OAuthError {
  return new OAuthError(
    'rejected',
    `port ${port} is used by another program, and the vendor sends the browser nowhere else; ` +
      `end that program ("lsof -i :${port}" names it; perhaps another sign-in) and sign in again`,
  )
}

function noPort(port: number, { code, message }: NodeJS.ErrnoException): OAuthError {
  return new OAuthError(
    'rejected',
    `port ${port} cannot be listened on (${code ?? message}); allow it and sign in again`,
  )
}

function show({ ok, message }: CallbackPage, response: ServerResponse): void {
  const text = message.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`)
  const title = ok ? 'Signed in' : 'Not signed in'
  response
    .writeHead(ok ? 200 : 400, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'",
      connection: 'close',
    })
    .end(`<!doctype html><title>jackfield: ${title}</title><h1>${title}</h1><p>${text}</p>\n`)
}
