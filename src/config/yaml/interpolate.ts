import { isObject } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'
import type { Report } from '../diagnostics/report.ts'
import { besideRoutes } from '../sections/paths.ts'

type Sources = {
  /** The routes file itself: paths are relative to its folder. */
  file: string
  env: Record<string, string | undefined>
  readFile(path: string): string
}

/** A variable or file that a key refers to and that is not there. */
export type Missing = { from: 'env' | 'file'; name: string }

export type Interpolated = {
  value: unknown
  /** Every file that was read. */
  files: string[]
  /** Whether the text at a path was filled in; absent: nothing was. */
  filled?(path: Path): boolean
  /** Whether a text could not be filled in, which is an error. */
  unfilled(path: Path): boolean
  /** Why a key of a provider is left out; undefined: it is there. */
  missingKey(path: Path): Missing | undefined
}

/** Bounded: a text of many beginnings without an end would be read again from each of them. */
const REFERENCE = /\$\{(?:file:([^}]{1,4096})|([A-Za-z_]\w{0,255})(?::-([^}]{0,4096}))?)\}/g

/**
 * Fills in `${NAME}`, `${NAME:-default}` and `${file:path}` in every string. A missing one is an
 * error, except in a provider's `keys`: that key is left out, with a warning.
 */
export function interpolate(value: unknown, sources: Sources, report: Report): Interpolated {
  const files: string[] = []
  const filled = new Set<string>()
  const unfilled = new Set<string>()
  const complain = (path: Path, message: string, hint: string): void => {
    unfilled.add(keyOf(path))
    report.error(path, message, hint)
  }
  const missingKeys = new Map<string, Missing>()

  function visit(node: unknown, path: Path): unknown {
    if (typeof node === 'string') return node.includes('${') ? fill(node, path) : node
    if (Array.isArray(node)) return node.map((item, index) => visit(item, [...path, index]))
    if (!isObject(node)) return node
    return Object.fromEntries(
      Object.entries(node).map(([key, item]) => [
        key,
        // What anchors hold is filled in where it is used.
        path.length === 0 && key.startsWith('x-') ? item : visit(item, [...path, key]),
      ]),
    )
  }

  function fill(text: string, path: Path): string {
    filled.add(keyOf(path))
    const [unclear] = /\$\{[^}]*\}?/.exec(text.replace(REFERENCE, '')) ?? []
    if (unclear !== undefined)
      complain(
        path,
        `"${unclear}" names nothing that can be filled in`,
        'write ${NAME}, ${NAME:-default} or ${file:path}',
      )
    return text.replace(REFERENCE, (reference, file?: string, name = '', fallback?: string) => {
      if (file !== undefined) return contents(file.trim(), reference, path)
      const found = sources.env[name]?.trim()
      if (found) return found
      if (fallback !== undefined) return fallback
      if (found === '' && !isKey(path)) return ''
      return missing({ from: 'env', name }, reference, path)
    })
  }

  function contents(written: string, reference: string, path: Path): string {
    const file = besideRoutes(sources.file, written, sources.env)
    files.push(file)
    try {
      return sources.readFile(file).trim()
    } catch {
      return missing({ from: 'file', name: file }, reference, path)
    }
  }

  function missing(what: Missing, reference: string, path: Path): string {
    if (!isKey(path)) {
      complain(path, missingText(what), remedyFor(what))
      return reference
    }
    missingKeys.set(keyOf(path.slice(0, 4)), what)
    return ''
  }

  const filledValue = visit(value, [])
  return {
    value: filledValue,
    files,
    filled: filled.size > 0 ? path => filled.has(keyOf(path)) : undefined,
    unfilled: path => unfilled.has(keyOf(path)),
    missingKey: path => missingKeys.get(keyOf(path)),
  }
}

/** The same for a document without the parts that are wrong: `written` gives where a path of it was. */
export function interpolatedOver(
  { filled, unfilled, missingKey, ...rest }: Interpolated,
  written: (path: Path) => Path,
): Interpolated {
  return {
    ...rest,
    filled: filled && (path => filled(written(path))),
    unfilled: path => unfilled(written(path)),
    missingKey: path => missingKey(written(path)),
  }
}

function keyOf(path: Path): string {
  return path.join('\0')
}

/** `providers.NAME.keys[N]`, or its `key`. */
function isKey(path: Path): boolean {
  return path[0] === 'providers' && path[2] === 'keys' && (path.length === 4 || path[4] === 'key')
}

export function missingText({ from, name }: Missing): string {
  return from === 'env'
    ? `the environment variable ${name} is not set`
    : `the file ${name} cannot be read`
}

function remedyFor({ from, name }: Missing): string {
  return from === 'env'
    ? `set it, or write \${${name}:-default}`
    : 'write the path of a file that is there; it is looked for beside this one'
}
