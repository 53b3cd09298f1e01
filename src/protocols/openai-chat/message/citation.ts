import type { Citation } from '../../../conversation/index.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { number, object, text } from '../../../lib/json/read-json.ts'
import { withExtensions } from '../../shared/extensions.ts'

/** An annotation of a reply's text. One that is not of an address is carried along unread. */
export function decodeCitation(annotation: JsonObject): Citation {
  const cited = object(annotation.url_citation)
  const title = text(cited?.title)
  const url = text(cited?.url)
  const from = number(cited?.start_index)
  const to = number(cited?.end_index)
  return {
    title,
    url,
    range: from !== undefined && to !== undefined ? [from, to] : undefined,
    ...withExtensions('openai-chat', annotation),
  }
}

/** None for a citation that has no address. */
export function encodeCitation(citation: Citation): JsonObject[] {
  const own = citation.extensions?.['openai-chat'] ?? {}
  if (Object.keys(own).length > 0) return [own]
  if (!citation.url) return []
  const [start_index, end_index] = citation.range ?? [0, 0]
  const url_citation = { url: citation.url, title: citation.title ?? '', start_index, end_index }
  return [{ type: 'url_citation', url_citation }]
}
