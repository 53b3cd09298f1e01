import { type Bridge, openSocksBridge } from '../../lib/net/socks-bridge.ts'

/** For `fetch`: an HTTP proxy, none at all, or undefined (then the environment decides). */
export type ProxyOption = { proxy: string | false } | undefined

export interface Proxies {
  /** `written`: a `proxy-url` of the file; undefined: it gives none. */
  optionFor(written: string | undefined, url: string): Promise<ProxyOption>
  /** Lets go of what leads to other proxies than these; what runs through it goes on. */
  keep(written: ReadonlySet<string>): void
}

/** By then every request that was given a bridge has connected through it. */
const CLOSE_AFTER_MS = 60_000

export function createProxies(
  env: Record<string, string | undefined>,
  closeAfterMs = CLOSE_AFTER_MS,
): Proxies {
  const bridges = new Map<string, Promise<Bridge>>()

  function bridgeTo(proxyUrl: string): Promise<Bridge> {
    let bridge = bridges.get(proxyUrl)
    if (!bridge) {
      bridge = openSocksBridge(proxyUrl)
      bridges.set(proxyUrl, bridge)
      bridge.catch(() => bridges.delete(proxyUrl))
    }
    return bridge
  }

  return {
    async optionFor(written, url) {
      if (written === undefined || written === '') return undefined
      if (
        written === 'direct' ||
        isExempt(env.NO_PROXY ?? env.no_proxy ?? '', new URL(url).hostname)
      )
        return { proxy: false }
      if (!written.startsWith('socks')) return { proxy: written }
      return { proxy: (await bridgeTo(written)).url }
    },
    keep(written) {
      for (const [proxyUrl, bridge] of bridges) {
        if (written.has(proxyUrl)) continue
        bridges.delete(proxyUrl)
        void bridge.then(
          ({ close }) => setTimeout(close, closeAfterMs).unref(),
          () => {},
        )
      }
    },
  }
}

/** `NO_PROXY`: hosts, domains with or without a dot in front, or `*`. */
export function isExempt(list: string, host: string): boolean {
  return list.split(',').some(entry => {
    const name = entry.trim().toLowerCase().replace(/:\d+$/, '')
    if (name === '') return false
    const bare = name.replace(/^\*?\./, '')
    return name === '*' || host === bare || host.endsWith(`.${bare}`)
  })
}
