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
  async function sendProbed(
    url: string,
    options: RequestInit,
    signal: AbortSignal,
    connecting: AbortController,
    stopProbe: () => void,
  ): Promise<Response> {
    try {
      const either = AbortSignal.any([signal, connecting.signal])
      return await fetch(url, { ...options, signal: either })
    } catch (error) {
      throw connecting.signal.aborted && !signal.aborted ? connecting.signal.reason : error
    } finally {
      stopProbe()
    }
  }

  async function sendThrough(
    proxy: string,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<Response> {
    // Bun's types do not know that false is "none".
    const through = (await proxies.optionFor(proxy, request.url)) as { proxy: string } | undefined
    const options = { ...optionsOf(request, signal), ...through }
    // Behind a proxy it is not the origin that is connected to.
    return through?.proxy ? fetch(request.url, options) : sendDirectly(request, options, signal)
  }

  function sendDirectly(
    { url, connectMs }: HttpRequest,
    options: RequestInit,
    signal: AbortSignal,
  ): Promise<Response> {
    let connecting: AbortController | undefined
    const stopProbe = probe(url, connectMs, () => connecting?.abort(new ConnectTimeout(connectMs)))
    if (!stopProbe) return fetch(url, options)
    connecting = new AbortController()
    return sendProbed(url, options, signal, connecting, stopProbe)
  }

  return {
    send: (request, signal) =>
      request.proxy === undefined
        ? sendDirectly(request, optionsOf(request, signal), signal)
        : sendThrough(request.proxy, request, signal),
  }
}

function optionsOf({ method, headers, body }: HttpRequest, signal: AbortSignal): RequestInit {
  return { method, headers, body, signal, redirect: 'manual' }
}
