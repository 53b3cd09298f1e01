import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { SocksClient } from 'socks'

/** A SOCKS proxy as `fetch` can use it: an HTTP proxy in this process that leads there. */
export type Bridge = { url: string; close(): void }

const HEAD_END = '\r\n\r\n'
const LONGEST_HEAD = 64 * 1024

/**
 * Listens on loopback, for clients that know its password. `proxyUrl`: socks5 or socks5h;
 * names are looked up by the proxy in both.
 */
export async function openSocksBridge(proxyUrl: string): Promise<Bridge> {
  const password = randomBytes(18).toString('base64url')
  const allowed = `Basic ${Buffer.from(`jackfield:${password}`).toString('base64')}`
  const server: Server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    readHead(socket, (head, rest) => void serve(socket, head, rest, allowed, proxyUrl))
  })
  server.unref()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://jackfield:${password}@127.0.0.1:${port}`,
    close: () => void server.close(),
  }
}

function readHead(socket: Socket, done: (head: string, rest: Buffer) => void): void {
  let gathered = Buffer.alloc(0)
  const more = (chunk: Buffer): void => {
    gathered = Buffer.concat([gathered, chunk])
    const end = gathered.indexOf(HEAD_END)
    if (end === -1) {
      if (gathered.length > LONGEST_HEAD) socket.destroy()
      return
    }
    socket.off('data', more)
    socket.pause()
    const from = end + HEAD_END.length
    done(gathered.subarray(0, end).toString('latin1'), gathered.subarray(from))
  }
  socket.on('data', more)
}

async function serve(
  socket: Socket,
  head: string,
  rest: Buffer,
  allowed: string,
  proxyUrl: string,
): Promise<void> {
  const [line = '', ...headers] = head.split('\r\n')
  const authorized = headers.some(
    header => header.toLowerCase().startsWith('proxy-authorization:') && header.endsWith(allowed),
  )
  const target = targetOf(line)
  if (!authorized || !target) {
    socket.end(
      `HTTP/1.1 ${authorized ? '400 Bad Request' : '407 Proxy Authentication Required'}\r\n\r\n`,
    )
    return
  }
  try {
    const upstream = await connected(proxyUrl, target)
    upstream.on('error', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    if (target.tunnel) socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    else upstream.write(plainHead(target, headers))
    if (rest.length > 0) upstream.write(rest)
    socket.pipe(upstream)
    if (target.tunnel) upstream.pipe(socket)
    else answerOnce(upstream, socket)
    socket.resume()
  } catch {
    socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n')
  }
}

/** Tells the client that this connection ends with the reply: it would keep it for the next one. */
function answerOnce(upstream: Socket, socket: Socket): void {
  let gathered = Buffer.alloc(0)
  const first = (chunk: Buffer): void => {
    gathered = Buffer.concat([gathered, chunk])
    const line = gathered.indexOf('\r\n')
    if (line === -1) return
    upstream.off('data', first)
    socket.write(gathered.subarray(0, line + 2))
    socket.write('Connection: close\r\n')
    socket.write(gathered.subarray(line + 2))
    upstream.pipe(socket)
  }
  upstream.on('data', first)
}

type Target = { host: string; port: number; tunnel: boolean; line: string }

/** `CONNECT host:port`, or a request with a whole address, as unencrypted ones come. */
function targetOf(line: string): Target | undefined {
  const [method = '', address = '', version = ''] = line.split(' ')
  if (method === 'CONNECT') {
    const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(address) ?? []
    return host ? { host, port: Number(port), tunnel: true, line } : undefined
  }
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    tunnel: false,
    line: `${method} ${url.pathname}${url.search} ${version}`,
  }
}

/** One request a connection: the next one may go elsewhere. */
function plainHead({ line }: Target, headers: readonly string[]): string {
  const kept = headers.filter(header => !/^(proxy-|connection:)/i.test(header))
  return [line, ...kept, 'Connection: close'].join('\r\n') + HEAD_END
}

async function connected(proxyUrl: string, { host, port }: Target): Promise<Socket> {
  const proxy = new URL(proxyUrl)
  const { socket } = await SocksClient.createConnection({
    command: 'connect',
    destination: { host, port },
    timeout: 30_000,
    proxy: {
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: Number(proxy.port || 1080),
      type: 5,
      ...(proxy.username
        ? {
            userId: decodeURIComponent(proxy.username),
            password: decodeURIComponent(proxy.password),
          }
        : {}),
    },
  })
  return socket
}
