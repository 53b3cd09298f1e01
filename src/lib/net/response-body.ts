/**
 * Bun sends what an async generator yields as it is yielded, and stops it when the client goes
 * away; the web's types do not know that a body may be one.
 */
export type GeneratedBody = AsyncGenerator<Uint8Array | string>

export function bodyOf(body: GeneratedBody | string | Uint8Array<ArrayBuffer>): BodyInit {
  return body as BodyInit
}
