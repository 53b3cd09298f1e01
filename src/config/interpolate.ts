import { isObject } from '../lib/json.ts'
import type { Report } from './report.ts'
import type { Path } from './source.ts'

export type Sources = {
  env: Record<string, string | undefined>
  readFile(path: string): string
}

export type Interpolated = {
  value: unknown
  /** Every file that was read. */
  files: string[]
  /** Paths (as text, joined by NUL) of keys left out because their variable is unset, and why. */
  missingKeys: Map<string, string>
}

const REFERENCE = /\$\{(?:file:([^}]+)|([A-Za-z_]\w*)(?::-([^}]*))?)\}/g

/**
 * Fills in `${NAME}`, `${NAME:-default}` and `${file:path}` in every string. A missing one is an
 * error, except in a provider's `keys`: that key is left out, with a warning.
 */
export function interpolate(value: unknown, sources: Sources, report: Report): Interpolated {
  const files: string[] = []
  const missingKeys = new Map<string, string>()

  function visit(node: unknown, path: Path): unknown {
    if (typeof node === 'string') return node.includes('${') ? fill(node, path) : node
    if (Array.isArray(node)) return node.map((item, index) => visit(item, [...path, index]))
    if (!isObject(node)) return node
    return Object.fromEntries(
      Object.entries(node).map(([key, item]) => [key, visit(item, [...path, key])]),
    )
  }

  function fill(text: string, path: Path): string {
    return text.replace(REFERENCE, (reference, file?: string, name = '', fallback?: string) => {
      if (file !== undefined) return contents(file.trim(), reference, path)
      const found = sources.env[name]?.trim()
      if (found) return found
      if (fallback !== undefined) return fallback
      if (found === '' && !isKey(path)) return ''
      return missing(
        `the environment variable ${name} is not set`,
        `set it, or write \${${name}:-default}`,
        name,
        reference,
        path,
      )
    })
  }

  function contents(file: string, reference: string, path: Path): string {
    files.push(file)
    try {
      return sources.readFile(file).trim()
    } catch {
      return missing(
        `the file ${file} cannot be read`,
        'write the path of a file that is there',
        file,
        reference,
        path,
      )
    }
  }

  /** The reference is left standing, so that the value has no second complaint for being empty. */
  function missing(
    what: string,
    cure: string,
    name: string,
    reference: string,
    path: Path,
  ): string {
    if (!isKey(path)) {
      report.error(path, 'value', what, cure)
      return reference
    }
    missingKeys.set(path.slice(0, 4).join('\0'), name)
    return ''
  }

  return { value: visit(value, []), files, missingKeys }
}

/** `providers.NAME.keys[N]`, or its `key`. */
function isKey(path: Path): boolean {
  return path[0] === 'providers' && path[2] === 'keys' && (path.length === 4 || path[4] === 'key')
}
