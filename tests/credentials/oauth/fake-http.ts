import type { OAuthHttp } from '../../../src/credentials/oauth/ask.ts'
import type { HttpRequest } from '../../../src/providers/transport.ts'

export type Sent = { method: string; url: string; headers: Headers; body: string }

/** A vendor in this process: what it was sent, and what it answers by a function. */
export function fakeVendor(answer: (sent: Sent, count: number) => Response | Promise<Response>) {
  const sent: Sent[] = []
  const http: OAuthHttp = {
    userAgent: 'jackfield/test',
    transport: {
      async send({ method, url, headers, body }: HttpRequest) {
        const request = { method, url, headers, body: new TextDecoder().decode(body) }
        sent.push(request)
        return answer(request, sent.length)
      },
    },
  }
  return { http, sent }
}

/** Bytes that count up from a seed: two calls differ. */
export function countingRandom(): (length: number) => Uint8Array {
  let next = 1
  return length => {
    const start = next++
    return Uint8Array.from({ length }, (_, at) => (start + at) % 256)
  }
}

/** A JWT without a valid signature. */
export function unsignedToken(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.`
}

/** Timers that run when the test's clock is moved. */
export function fakeTimers(startMs = 1_000_000) {
  let nowMs = startMs
  const waiting = new Set<{ atMs: number; run: () => void }>()
  return {
    now: () => nowMs,
    after(ms: number, run: () => void): () => void {
      const timer = { atMs: nowMs + ms, run }
      waiting.add(timer)
      return () => void waiting.delete(timer)
    },
    /** Runs what is due by then, the earliest first. */
    advance(ms: number): void {
      const untilMs = nowMs + ms
      for (;;) {
        const [due] = [...waiting]
          .filter(({ atMs }) => atMs <= untilMs)
          .sort((a, b) => a.atMs - b.atMs)
        if (!due) break
        waiting.delete(due)
        nowMs = due.atMs
        due.run()
      }
      nowMs = untilMs
    },
    pending: () => waiting.size,
  }
}
