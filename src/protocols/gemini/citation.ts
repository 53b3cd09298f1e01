import type { Citation, ServerStep } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { number, object, objects, text } from '../../lib/json/read-json.ts'
import { withExtensions } from '../shared/extensions.ts'

type Web = { url: string; title?: string }

function sourcesOf(grounding: JsonObject): (Web | undefined)[] {
  return objects(grounding.groundingChunks).map(chunk => {
    const place = object(chunk.web) ?? object(chunk.retrievedContext) ?? object(chunk.maps)
    const url = text(place?.uri)
    const title = text(place?.title)
    return url === undefined ? undefined : { url, title }
  })
}

/** What the text rests on: one citation for each of its segments and sources. */
export function citationsOf(grounding: JsonObject): Citation[] {
  const sources = sourcesOf(grounding)
  return objects(grounding.groundingSupports).flatMap(support => {
    const segment = object(support.segment)
    const quote = text(segment?.text)
    const end = number(segment?.endIndex)
    const indices = Array.isArray(support.groundingChunkIndices)
      ? support.groundingChunkIndices
      : []
    return indices.flatMap(index => {
      const source = typeof index === 'number' ? sources[index] : undefined
      if (!source) return []
      const citation: Citation = {
        ...source,
        quote,
        range: end === undefined ? undefined : [number(segment?.startIndex) ?? 0, end],
        ...withExtensions('gemini', { grounded: true }),
      }
      return [citation]
    })
  })
}

/** The search behind it, in the form that other protocols can send. */
export function searchOf(grounding: JsonObject): ServerStep | undefined {
  const queries = Array.isArray(grounding.webSearchQueries)
    ? grounding.webSearchQueries.filter(query => typeof query === 'string')
    : []
  const sources = sourcesOf(grounding).filter(source => source !== undefined)
  if (queries.length === 0 && sources.length === 0) return undefined
  return { does: 'web-search', id: 'grounding', query: queries.join('; '), sources }
}
