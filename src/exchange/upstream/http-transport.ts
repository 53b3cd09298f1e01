import { ConnectTimeout, type HttpRequest, type HttpTransport } from '../../providers/transport.ts'
import type { Probe } from './connect-probe.ts'
import type { Proxies } from './proxies.ts'

export type HttpTransportOptions = {
  fetch: typeof globalThis.fetch
  proxies: Pick<Proxies, 'optionFor'>
  probe: Probe
}

/**
 * Sends with `fetch`, which cannot time its own connecting: an origin that was not reached lately is
 * probed beside the request, which costs no latency, and a probe that fails ends the request.
 */
export function createHttpTransport({
  fetch,
  proxies,
  probe,
}: HttpTransportOptions): HttpTransport {
  async function send(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    const { method, url, headers, body, proxy, connectMs } = request
    const through = proxy === undefined ? undefined : await proxies.optionFor(proxy, url)
    let connecting: AbortController | undefined
    // Behind a proxy it is not the origin that is connected to.
    const stopProbe = through?.proxy
      ? undefined
      : probe(url, connectMs, () => connecting?.abort(new ConnectTimeout(connectMs)))
    if (stopProbe) connecting = new AbortController()
    try {
      return await fetch(url, {
        method,
        headers,
        body,
        // Bun's types do not know that false is "none".
        ...(through as { proxy: string } | undefined),
        signal: connecting ? AbortSignal.any([signal, connecting.signal]) : signal,
        redirect: 'manual',
      })
    } catch (error) {
      throw connecting?.signal.aborted && !signal.aborted ? connecting.signal.reason : error
    } finally {
      stopProbe?.()
    }
  }
  return { send }
}
