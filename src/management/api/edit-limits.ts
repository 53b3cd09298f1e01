import { relative, resolve } from 'node:path'
import {
  isRequestEdit,
  newlyReadable,
  newReferences,
  type Text,
  textsIn,
} from '../../config/edit/references.ts'
import { addressesOf, type Compiled, straySecrets } from '../../config/edit/secret-destinations.ts'
import { besideRoutes } from '../../config/sections/paths.ts'
import { parseSource } from '../../config/yaml/source.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { compile } from '../../gateway/compile.ts'
import { isObject } from '../../lib/json/json.ts'
import { pathText } from '../../lib/path.ts'
import { secretsIn } from '../../redaction/find-secrets.ts'
import { dataFolder, logsFolder } from '../../store/data-folder.ts'

/**
 * What a change by management must not do, since the management secret is worth less than the keys,
 * files and variables of this machine: bring in a reference, name a file elsewhere, or send a secret
 * of the file to another address. Undefined: it does none of that; else what to do instead.
 * `typed`: every text that the request itself has.
 */
export function whyNotAllowed(
  before: string,
  after: string,
  typed: ReadonlySet<string>,
  gateway: Gateway,
): string | undefined {
  const [old, next] = [before, after].map(text => parseSource('', text).source.value)
  const [reference] = newReferences(old, next)
  if (reference)
    return `${pathText(reference.path)}: a reference \${…} that is not there yet; management writes none, since it could read every file and variable of this machine: write it in the file itself, or send the value`
  const secrets = new Set((secretsIn(before) ?? []).map(({ value }) => String(value)))
  const isKept = (text: string): boolean => secrets.has(text) && !typed.has(text)
  if (newlyReadable(old, next, isKept).length > 0)
    return 'a secret of the file would stand where it can be read or is sent to others; take the anchor that brings it there out'
  const change = { before, old, after, next, typed, isKept }
  return foreignFile(old, next, gateway) ?? strayed(change, gateway)
}

/** Files that the gateway writes to or reads, by where they are named and in which folder they may be. */
function foreignFile(
  old: unknown,
  next: unknown,
  { table, services }: Gateway,
): string | undefined {
  const { env } = services
  const places: [path: readonly [string, ...string[]], folder: string][] = [
    [['logging', 'file'], logsFolder(env)],
    [['auth-dir'], dataFolder(env)],
    [['server', 'tls', 'cert'], dataFolder(env)],
    [['server', 'tls', 'key'], dataFolder(env)],
  ]
  for (const [path, folder] of places) {
    const written = textAt(next, path)
    if (written === undefined || written === textAt(old, path)) continue
    if (isWithin(folder, resolve(besideRoutes(table.file, written, env)))) continue
    return `${pathText(path)}: management names files in ${folder} only; write another path in the file itself`
  }
  return undefined
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  const found = path.reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), value)
  return typeof found === 'string' ? found : undefined
}

function isWithin(folder: string, file: string): boolean {
  const inside = relative(resolve(folder), file)
  return inside !== '' && !/^\.\.(?:[/\\]|$)/.test(inside) && resolve(folder, inside) === file
}

type Change = {
  before: string
  old: unknown
  after: string
  next: unknown
  typed: ReadonlySet<string>
  isKept(text: string): boolean
}

function strayed(
  { before, old, after, next, typed, isKept }: Change,
  gateway: Gateway,
): string | undefined {
  const { table, services } = gateway
  const compiled = compile(table.file, after, services)
  // The caller compiles it again and reports what is wrong with it.
  if (!compiled.ok) return undefined
  const changed: Compiled = { value: next, table: compiled.value.table }
  const known: Compiled[] = [{ value: parseSource('', table.text).source.value, table }]
  const onDisk = before === table.text ? undefined : compile(table.file, before, services)
  if (onDisk?.ok) known.push({ value: old, table: onDisk.value.table })
  const [stray] = straySecrets(known, changed, typed)
  if (stray) {
    const was =
      stray.before.length > 0 ? `was written for ${stray.before.join(', ')}` : 'goes nowhere yet'
    return `${pathText(stray.path)}: this secret ${was} and would go to ${stray.address}; send it anew for that address, or change the file itself`
  }
  const edit = textsIn(next).find(
    ({ path, text }) => isRequestEdit(path) && (text.includes('${') || isKept(text)),
  )
  return edit && newAddress(known, changed, edit)
}

/** What is put into requests goes to whatever address there is. */
function newAddress(known: readonly Compiled[], changed: Compiled, edit: Text): string | undefined {
  const before = new Set(known.flatMap(({ table }) => [...addressesOf(table)]))
  const address = [...addressesOf(changed.table)].find(candidate => !before.has(candidate))
  if (address === undefined) return undefined
  return `${pathText(edit.path)} puts a secret or a reference \${…} into requests, and ${address} is a new address for them; add it in the file itself`
}

/** Every text of what was sent: secrets among them are known to who sent it. */
export function typedIn(body: unknown): Set<string> {
  return new Set(textsIn(body).map(({ text }) => text))
}

/** The same of a routes.yaml. */
export function typedInYaml(body: string): Set<string> {
  return typedIn(parseSource('', body).source.value)
}
