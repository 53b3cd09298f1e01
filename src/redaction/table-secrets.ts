import { parseObject } from '../lib/json/json.ts'
import type { Provider, RoutingTable } from '../routing/table.ts'
import { isSecretName } from './redact.ts'
import { createRedactor, type Redactor } from './redactor.ts'

/** Headers that say what is sent or who sends it; in any other one a file may hold a secret. */
const HARMLESS = new Set([
  'accept',
  'accept-language',
  'anthropic-beta',
  'anthropic-version',
  'content-type',
  'http-referer',
  'openai-beta',
  'referer',
  'user-agent',
  'x-title',
])

/** Names of headers to which the file gives a value that is not to be written down. */
export function declaredSecrets(declared: Readonly<Record<string, string>>): string[] {
  return Object.keys(declared)
    .map(name => name.toLowerCase())
    .filter(name => !HARMLESS.has(name) && !declared[name]?.startsWith('$'))
}

/** A snapshot, as far as it holds secrets. */
type Secretive = {
  table: RoutingTable
  services: { env: Record<string, string | undefined> }
}

const redactors = new WeakMap<RoutingTable, Redactor>()

/** Takes out what the file and the environment hold in secret. */
export function redactorOf({ table, services }: Secretive): Redactor {
  const known = redactors.get(table)
  if (known) return known
  const made = createRedactor([...secretsOf(table), ...environmentSecrets(services.env)])
  redactors.set(table, made)
  return made
}

/** Agents read what is set there, and tell their models. */
function environmentSecrets(env: Record<string, string | undefined>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isSecretName(name) ? [value] : [],
  )
}

/** Every value in routes.yaml, filled in, that nobody else is to know. */
function secretsOf({ apiKeys, providers, management }: RoutingTable): string[] {
  return [
    ...apiKeys.map(({ key }) => key),
    ...(management.secret === undefined ? [] : [management.secret]),
    ...[...providers.values()].flatMap(providerSecrets),
  ]
}

function providerSecrets(provider: Provider): string[] {
  return [
    ...headerSecrets(provider.headers),
    ...urlSecrets(provider.proxy),
    ...provider.speaks.flatMap(({ baseUrl, query }) => urlSecrets(`${baseUrl}?${query}`)),
    ...provider.credentials.flatMap(({ secret, headers, proxy }) => [
      secret,
      ...accountSecrets(secret),
      ...headerSecrets(headers),
      ...urlSecrets(proxy),
    ]),
  ]
}

function headerSecrets(declared: Readonly<Record<string, string>>): string[] {
  const names = new Set(declaredSecrets(declared))
  return Object.entries(declared).flatMap(([name, value]) =>
    names.has(name.toLowerCase()) ? [value, value.replace(/^\S+\s+/, '')] : [],
  )
}

/** A credential may be an account in JSON. */
function accountSecrets(secret: string): string[] {
  if (!secret.startsWith('{')) return []
  const members = Object.entries(parseObject(secret) ?? {})
  return members.flatMap(([name, value]) =>
    typeof value === 'string' && isSecretName(name) ? [value] : [],
  )
}

function urlSecrets(url: string | undefined): string[] {
  if (url === undefined || !URL.canParse(url)) return []
  const { password, searchParams } = new URL(url)
  const parameters = [...searchParams].flatMap(([name, value]) =>
    isSecretName(name) ? [value] : [],
  )
  return [password, decodeURIComponent(password), ...parameters]
}
