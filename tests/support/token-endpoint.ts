import type { HttpRequest, HttpTransport } from '../../src/providers/transport.ts'

/** A token endpoint that rotates refresh tokens, and takes each of them once. */
export type TokenEndpoint = HttpTransport & {
  /** Refresh tokens that were sent, in order. */
  readonly seen: string[]
  /** How often a spent one came. */
  reused: number
  /** Answers in place of the endpoint, once. */
  next: ((request: HttpRequest) => Response | Promise<Response>) | undefined
}

/** `refresh-1` is good at first; each refresh gives `access-N` and `refresh-N`, from 2 on. */
export function tokenEndpoint(expiresIn = 3_600): TokenEndpoint {
  let good = 'refresh-1'
  let count = 1
  return {
    seen: [],
    reused: 0,
    next: undefined,
    async send(request) {
      const answer = this.next
      this.next = undefined
      const sent = refreshTokenIn(new TextDecoder().decode(request.body))
      this.seen.push(sent)
      if (answer) return answer(request)
      if (sent !== good) {
        this.reused++
        return Response.json({ error: 'invalid_grant' }, { status: 400 })
      }
      count++
      good = `refresh-${count}`
      return Response.json({
        access_token: `access-${count}`,
        refresh_token: good,
        expires_in: expiresIn,
      })
    },
  }
}

function refreshTokenIn(body: string): string {
  if (body.startsWith('{')) return String(JSON.parse(body).refresh_token)
  return new URLSearchParams(body).get('refresh_token') ?? ''
}
