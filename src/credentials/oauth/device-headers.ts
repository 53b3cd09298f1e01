import type { JsonObject } from '../../lib/json/json.ts'
import { kinds } from '../../providers/index.ts'
import type { OAuthVendor } from './vendor.ts'

/**
 * What the vendor wants to know of its client's device, at sign-in and refresh as with every call
 * (Kimi). `members`: those of the account's file, as far as they are there yet.
 */
export function deviceHeaders(
  { kind }: Pick<OAuthVendor, 'kind'>,
  members: JsonObject,
): Readonly<Record<string, string>> | undefined {
  return kinds.find(({ id }) => id === kind)?.accounts?.headers?.(members)
}
