import { parseObject } from '../../lib/json/json.ts'
import { OAuthError } from './error.ts'
import { type OAuthVendor, withFileClient } from './vendor.ts'

const decoder = new TextDecoder()

/**
 * The vendor with a client secret: of its settings, else of the environment, else of an account of
 * the same client in the folder. None is shipped. Throws an `OAuthError` where a vendor wants one and
 * there is none.
 */
export function withClientSecret(
  vendor: OAuthVendor,
  files: readonly { bytes: Uint8Array | undefined }[],
  env: Readonly<Record<string, string | undefined>>,
): OAuthVendor {
  const { clientId, clientSecret, clientSecretVariable: variable, title } = vendor
  if (clientSecret !== undefined || variable === undefined) return vendor
  const given = env[variable]?.trim() || secretIn(files, vendor)
  if (given) return { ...vendor, clientSecret: given }
  throw new OAuthError(
    'rejected',
    `${title} wants the secret of the client ${clientId}, which is not shipped here: set ${variable} ` +
      '(Gemini CLI has it in its source, as OAUTH_CLIENT_SECRET in code_assist/oauth2), or oauth: ' +
      '{ client-secret } of the provider in routes.yaml, or put an account file that holds it into auth-dir',
  )
}

function secretIn(
  files: readonly { bytes: Uint8Array | undefined }[],
  vendor: OAuthVendor,
): string | undefined {
  return files
    .map(({ bytes }) => withFileClient(vendor, (bytes && parseObject(decoder.decode(bytes))) ?? {}))
    .find(({ clientId, clientSecret }) => clientSecret && clientId === vendor.clientId)
    ?.clientSecret
}
