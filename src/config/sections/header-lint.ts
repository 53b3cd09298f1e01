import type { Path } from '../../lib/path.ts'
import type { Report } from '../diagnostics/report.ts'

/** Reports headers that no request could carry, which each request would otherwise find. */
export function lintHeaders(
  headers: Record<string, string> | undefined,
  path: Path,
  report: Report,
): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!isHeader(name, ''))
      report.error([...path, name], `"${name}" is no header name`, 'write it like X-Team', 'key')
    else if (value.startsWith('$') && !isHeader(value.slice(1), ''))
      report.error([...path, name], 'names no header to copy', 'write it like "$x-request-id"')
    else if (!isHeader(name, value))
      report.error(
        [...path, name],
        'a header cannot hold line breaks or letters beyond Latin-1',
        'take them out',
      )
  }
}

function isHeader(name: string, value: string): boolean {
  try {
    new Headers([[name, value]])
    return true
  } catch {
    return false
  }
}
