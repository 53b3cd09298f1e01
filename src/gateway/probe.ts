/** How long an origin that answered counts as reachable without asking again. */
const TRUSTED_MS = 300_000

const reachedAt = new Map<string, number>()

/**
 * Opens and closes a TCP connection to the URL's origin, unless that worked lately, and calls
 * `failed` when it takes longer than `limitMs`. A refused connection is left to the request itself,
 * which sees it too. Returns what stops the probe.
 */
export function probe(url: string, limitMs: number, now: number, failed: () => void): () => void {
  if (limitMs <= 0) return () => {}
  const { origin, hostname, port, protocol } = new URL(url)
  if (now - (reachedAt.get(origin) ?? -Infinity) < TRUSTED_MS) return () => {}
  let over = false
  const timer = setTimeout(() => {
    if (!over) failed()
    over = true
  }, limitMs)
  const done = (): void => {
    over = true
    clearTimeout(timer)
  }
  const reached = (): void => {
    reachedAt.set(origin, now)
    done()
  }
  Bun.connect({
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    socket: { open: socket => { socket.end(); reached() }, data() {}, error: done, connectError: done },
  }).then(undefined, done)
  return done
}
