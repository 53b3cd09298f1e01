import type { Suggest } from '../../lib/nearest.ts'
import type { Path } from '../../lib/path.ts'
import { type Address, parseAddress, splitAddress } from '../../routing/address.ts'
import type { Entry, Reference } from '../../routing/entry.ts'
import { type Glob, isGlob, starsIn } from '../../routing/glob.ts'
import { isNamed, type Names, referencedName } from '../../routing/names.ts'
import { unknownLevel } from '../../routing/reasoning-suffix.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Broken } from '../schema/valid-parts.ts'
import type { LintModel } from './models.ts'

type ReferenceLint = {
  names: Names
  broken: Broken
  /** Entries left out for mistakes of their own. */
  excused: readonly Glob[]
  suggest: Suggest
  lintModel: LintModel
  report: Report
}

type Complain = (message: string, hint: string) => void

/** Reports a reference that leads nowhere. */
export function lintReference(entry: Entry, reference: Reference, lint: ReferenceLint): void {
  const { names, report } = lint
  const { path, text } = reference
  const { name } = referencedName(names, reference)
  lintSuffix(text, path, names, report)
  const complain: Complain = (message, hint) => report.error(path, message, hint)
  if (starsIn(name) > starsIn(entry.name)) {
    complain(
      `"${text}" has more stars than "${entry.name}"`,
      'a star here repeats one of the name; write out what it shall be',
    )
    return
  }
  const address = parseAddress(names, name, 'file')
  if (address) {
    if (!isGlob(name)) lintAddress(address, path, complain, lint)
    return
  }
  if (isExcused(name, lint)) return
  if (!names.declared.has(name)) complainOfName(name, complain, lint)
  else if (!names.catalogue.has(name))
    report.warn(
      path,
      `no provider lists "${name}" any more`,
      'name a model that one has, or write provider/model',
    )
}

function lintAddress(
  address: Address,
  path: Path,
  complain: Complain,
  { lintModel }: ReferenceLint,
): void {
  if (address.meant.length > 0) lintModel(path, address)
  else
    complain(
      `${address.provider.id} excludes ${address.model}`,
      'change its exclude, or the target',
    )
}

/** Whether it is an entry, may be one that has errors of its own, or has a star for anything. */
function isExcused(name: string, { names, broken, excused }: ReferenceLint): boolean {
  const head = splitAddress(name)?.head
  if (isGlob(head ?? name)) return true
  if (head !== undefined && (broken.anyProvider || broken.providers.has(head))) return true
  if (head === undefined && (broken.anyName || broken.anyProvider)) return true
  return isEntry(names, name) || excused.some(glob => glob.match(name))
}

function complainOfName(
  name: string,
  complain: Complain,
  { names, broken, suggest }: ReferenceLint,
): void {
  const head = splitAddress(name)?.head
  const elsewhere = discoveredAt(names, name)
  const providers = [...names.providers.keys()]
  if (name.endsWith('/')) complain(`"${name}" names no model`, `write ${name}MODEL`)
  else if (head !== undefined)
    complain(
      `no provider named "${head}"`,
      elsewhere ??
        suggest(head, () => [...providers, ...broken.providers]) ??
        `declared: ${providers.join(', ') || 'none'}`,
    )
  else if (names.providers.has(name))
    complain(`"${name}" is a provider, not a model`, `write ${name}/MODEL`)
  else
    complain(
      `no model or alias named "${name}"`,
      elsewhere ??
        suggest(name, () => [
          ...names.exact.models.keys(),
          ...names.exact.aliases.keys(),
          ...names.declared,
        ]) ??
        'a target is written provider/model',
    )
}

/** A suffix in brackets that is no level would be taken off in silence. */
function lintSuffix(text: string, path: Path, names: Names, report: Report): void {
  const unknown = isNamed(names, text) ? undefined : unknownLevel(text)
  if (unknown)
    report.warn(
      path,
      `"(${unknown.written})" is no level of thinking, and is left out`,
      unknown.hint,
    )
}

function isEntry({ exact, globs }: Names, name: string): boolean {
  return (
    exact.models.has(name) ||
    exact.aliases.has(name) ||
    [...globs.models, ...globs.aliases].some(({ glob }) => glob?.match(name))
  )
}

/** A discovered model may be gone tomorrow, when the file must still be right: its provider is named. */
function discoveredAt({ catalogue }: Names, name: string): string | undefined {
  const listed = catalogue.get(name)?.[0]
  return listed && `${listed.provider.id} lists it: write ${listed.provider.id}/${name}`
}
