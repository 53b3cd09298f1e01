import type { GeneratedBody } from '../../lib/net/response-body.ts'

/** What goes down to the client: committed, with nothing of it sent yet. */
export type Answer = {
  status: number
  headers: Headers
  body: Uint8Array<ArrayBuffer> | string | GeneratedBody
  /** To be called where the client is gone before the body is read; harmless otherwise. */
  unread?: () => void
}
