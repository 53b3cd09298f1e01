import { expect, test } from 'bun:test'
import { withClientSecret } from '../../../src/credentials/oauth/client-secret.ts'
import { withSettings } from '../../../src/credentials/oauth/vendor.ts'
import { vendorBy } from '../../../src/credentials/oauth/vendors.ts'

const gemini = vendorBy('name', 'gemini')
const claude = vendorBy('name', 'claude')
if (!gemini || !claude) throw new Error('no vendor')
const { clientId } = gemini

const file = (token: object) => ({
  bytes: new TextEncoder().encode(JSON.stringify({ type: 'gemini', token })),
})
const OURS = file({ client_id: clientId, client_secret: 'of a file' })
const OTHER = file({ client_id: 'another', client_secret: 'of another client' })
const ENV = { GEMINI_CLI_CLIENT_SECRET: ' of the environment ' }

test.each([
  ['settings', withSettings(gemini, { clientSecret: 'set' }), [OURS], ENV, 'set'],
  ['the environment', gemini, [OURS], ENV, 'of the environment'],
  ['a file of the same client', gemini, [{ bytes: undefined }, OTHER, OURS], {}, 'of a file'],
  ['a vendor without one', claude, [OURS], ENV, undefined],
])('the client secret comes from %s', (_, vendor, files, env, secret) =>
  expect(withClientSecret(vendor, files, env).clientSecret).toBe(secret as never),
)

test('where there is none, it says where to get it', () =>
  expect(() => withClientSecret(gemini, [OTHER], {})).toThrow(
    /not shipped here: set GEMINI_CLI_CLIENT_SECRET .*client-secret.*auth-dir/,
  ))
