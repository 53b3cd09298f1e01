import type { Kind, Speech } from '../../providers/kind.ts'
import type { Provider } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import type { ProviderEntry } from '../schema/routes.ts'
import { normaliseBaseUrl } from './base-url.ts'

/** Which protocols a provider speaks at which address. Undefined: its base-url is no address. */
export function readAddresses(
  kind: Kind,
  entry: ProviderEntry,
  path: readonly string[],
  report: Report,
): Provider['speaks'] | undefined {
  const written = entry['base-url']
  const version = entry['api-version']
  const speeches = (spoken: Kind['speaks'] | Speech[], query: string): Provider['speaks'] =>
    spoken.map(({ protocol, baseUrl }) => ({ protocol, baseUrl, query }))
  const [first] = kind.speaks
  if (written === undefined) {
    if (first.baseUrl !== '') return speeches(kind.speaks, queryOf('', version))
    report.error(path, `kind "${kind.id}" needs a base-url`, 'add base-url: https://…', 'key')
    return undefined
  }
  if (written.trim() === '') return speeches([first], queryOf('', version))
  const normal = normaliseBaseUrl(written, first.protocol, first.baseUrl)
  if (!normal) {
    report.error(
      [...path, 'base-url'],
      `"${written}" is not an http or https address`,
      'write https://host/path',
    )
    return undefined
  }
  const query = queryOf(normal.query, version)
  // The vendor's own address, written out, counts as if it were not written.
  const vendors = kind.speaks.find(
    ({ protocol, baseUrl }) => normaliseBaseUrl(written, protocol, baseUrl)?.baseUrl === baseUrl,
  )
  if (vendors === first) return speeches(kind.speaks, query)
  if (vendors) return speeches([vendors], query)
  // Another address replaces the vendor's for all that is spoken there; what the vendor has
  // elsewhere is not at this address.
  return kind.speaks
    .filter(({ baseUrl }) => baseUrl === first.baseUrl)
    .map(({ protocol }) => ({ protocol, baseUrl: normal.baseUrl, query }))
}

/** The file's `api-version` goes before one that stands in the address. */
function queryOf(written: string, version: string | undefined): string {
  if (version === undefined) return written
  const others = written.split('&').filter(part => part !== '' && !part.startsWith('api-version='))
  return [...others, `api-version=${encodeURIComponent(version)}`].join('&')
}
