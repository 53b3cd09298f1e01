import { parseObject } from '../lib/json/json.ts'
import type { Provider, RoutingTable } from '../routing/table.ts'
import { isSecretName, mayNameSecret, secretHeaderNames } from './names.ts'
import { createLiveRedactor, type Redactor, type SecretHolder } from './redactor.ts'

/** The part of a snapshot that holds secrets. */
export type Snapshot = {
  table: RoutingTable
  services: {
    env: Record<string, string | undefined>
    /** Knows whose secrets are not those of the file, or do not stay what they were. */
    pool: { secretHolders(): Iterable<SecretHolder> }
  }
}

const redactors = new WeakMap<RoutingTable, Redactor>()

/** Takes out the secrets of the file, the environment and the credentials in use. */
export function redactorOf({ table, services }: Snapshot): Redactor {
  const known = redactors.get(table)
  if (known) return known
  const made = createLiveRedactor([...secretsOf(table), ...environmentSecrets(services.env)], () =>
    services.pool.secretHolders(),
  )
  redactors.set(table, made)
  return made
}

/** Agents read variables, and send them to their models. */
function environmentSecrets(env: Record<string, string | undefined>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isSecretName(name) ? [value] : [],
  )
}

/** Every secret value of routes.yaml, its references filled in. */
function secretsOf({ apiKeys, providers, management }: RoutingTable): string[] {
  return [
    ...apiKeys.map(({ key }) => key),
    management.secret ?? '',
    ...[...providers.values()].flatMap(providerSecrets),
  ]
}

function providerSecrets(provider: Provider): string[] {
  return [
    ...headerSecrets(provider.headers),
    provider.vendor?.clientSecret ?? '',
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
  const names = new Set(secretHeaderNames(declared))
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
    mayNameSecret(name) ? [value] : [],
  )
  return [password, decodeURIComponent(password), ...parameters]
}
