import type { RoutesFile } from '../config/routes-file.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { SecretPlaceholders } from '../redaction/placeholders.ts'

/** What endpoints work on: one snapshot, and what outlives it. */
export type Context = {
  gateway: Gateway
  /** As of now. Undefined: the built-in routes serve, and there is no file. */
  readonly file: RoutesFile | undefined
  placeholders: SecretPlaceholders
}
