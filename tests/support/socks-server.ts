import { connect, createServer } from 'node:net'

export type SocksServer = {
  port: number
  /** `user@host:port` of every connection that was asked for. */
  asked: string[]
  stop(): void
}

/** The least SOCKS5 proxy there is: names and IPv4, with a password or without. */
export async function startSocksServer(password?: string): Promise<SocksServer> {
  const asked: string[] = []
  const server = createServer(socket => {
    let stage: 'hello' | 'login' | 'request' = 'hello'
    let user = ''
    const step = (data: Buffer): void => {
      if (stage === 'hello') {
        const method = password === undefined ? 0 : 2
        stage = method === 0 ? 'request' : 'login'
        socket.write(Buffer.from([5, method]))
        return
      }
      if (stage === 'login') {
        const length = data[1] ?? 0
        user = data.toString('utf8', 2, 2 + length)
        const good = data.toString('utf8', 3 + length) === password
        stage = 'request'
        socket.write(Buffer.from([1, good ? 0 : 1]))
        return
      }
      socket.off('data', step)
      const named = data[3] === 3
      const length = named ? (data[4] ?? 0) : 4
      const from = named ? 5 : 4
      const host = named
        ? data.toString('utf8', from, from + length)
        : [...data.subarray(from, from + 4)].join('.')
      const port = data.readUInt16BE(from + length)
      asked.push(`${user}@${host}:${port}`)
      const upstream = connect(port, host === 'upstream.test' ? '127.0.0.1' : host, () => {
        socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        socket.pipe(upstream)
        upstream.pipe(socket)
      })
      upstream.on('error', () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])))
      socket.on('error', () => upstream.destroy())
    }
    socket.on('data', step)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    asked,
    stop: () => void server.close(),
  }
}
