/** How long an origin that answered counts as reachable without asking again. */
const TRUSTED_MS = 300_000

type Connect = (options: {
  hostname: string
  port: number
  socket: {
    open(socket: { end(): unknown }): void
    data(): void
    error(): void
    connectError(): void
  }
}) => Promise<unknown>

/**
 * Opens and closes a TCP connection to the URL's origin, unless that worked lately, and calls
 * `failed` when it takes longer than `limitMs`. A refused connection is left to the request itself,
 * which sees it too. Returns what stops the probe; undefined: none was needed.
 */
export type Probe = (url: string, limitMs: number, failed: () => void) => (() => void) | undefined

/** `connect` is `Bun.connect`, or a test's stand-in. */
export function createProbe(now: () => number, connect: Connect = Bun.connect): Probe {
  const reachedAt = new Map<string, number>()
  return (url, limitMs, failed) => {
    if (limitMs <= 0) return undefined
    const origin = originOf(url)
    if (now() - (reachedAt.get(origin) ?? -Infinity) < TRUSTED_MS) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined = setTimeout(() => {
      stop()
      failed()
    }, limitMs)
    const stop = (): void => {
      clearTimeout(timer)
      timer = undefined
    }
    const { hostname, port, protocol } = new URL(url)
    connect({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      socket: {
        open(socket) {
          socket.end()
          reachedAt.set(origin, now())
          stop()
        },
        data() {},
        error: stop,
        connectError: stop,
      },
    }).catch(stop)
    return stop
  }
}

/** Up to the path; cheaper than parsing, and called for every request. */
function originOf(url: string): string {
  const path = url.indexOf('/', url.indexOf('//') + 2)
  return path === -1 ? url : url.slice(0, path)
}
