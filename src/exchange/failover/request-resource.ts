import type { GatewayError } from '../../lib/errors.ts'
import type { ResolvedRequest } from '../request.ts'

/**
 * What a request can name that belongs to an account, as errors speak of it, and the members that
 * name it. Gemini answers 403 for a file or a cached content that does not exist, Anthropic and
 * OpenAI 404; both would otherwise read as "this credential may not use the model" (seen 2026-11).
 */
const RESOURCES: readonly (readonly [words: RegExp, members: readonly string[]])[] = [
  [/\bfiles?\b/i, ['"fileUri"', '"file_uri"', '"file_id"', '"file_ids"']],
  [/\bcached.?contents?\b/i, ['"cachedContent"', '"cached_content"']],
  [/\bcontainers?\b/i, ['"container"', '"container_id"']],
  [/\bvector.?stores?\b/i, ['"vector_store_ids"', '"vector_store_id"']],
  [/\bresponse\b/i, ['"previous_response_id"']],
  [/\bconversation\b/i, ['"conversation"']],
  [/\bprompt\b/i, ['"prompt"']],
  [/\bitems?\b/i, ['"item_reference"']],
  [/\bskills?\b/i, ['"skill_id"']],
  [/\b(connector|mcp)\b/i, ['"connector_id"', '"server_url"']],
  [
    /\b(corpus|corpora|data ?store|rag)\b/i,
    ['"retrieval"', '"vertexRagStore"', '"vertexAiSearch"'],
  ],
]

/** Words in an error that may be an identifier, or that it quotes. */
const IDENTIFIER = /[\w-]{6,200}/g
const QUOTED = /'[^'\n]{3,200}'|"[^"\n]{3,200}"|`[^`\n]{3,200}`/g
const MAX_MESSAGE = 2_000
/** Each is looked for in the request's whole body. */
const MAX_WORDS = 30

/**
 * Whether an error that reads as "no such model" or "not allowed" is about something that the
 * request names: then it says nothing about the credential, which must not cool down for it. A
 * caller could otherwise take a model from everybody with one wrong file id.
 */
export function isAboutRequest(
  { body, envelope }: Pick<ResolvedRequest, 'body' | 'envelope'>,
  model: string,
  error: GatewayError,
): boolean {
  if (error.code !== 'upstream-not-found' && error.code !== 'upstream-forbidden') return false
  const message = error.message.slice(0, MAX_MESSAGE)
  const has = (text: string): boolean => Buffer.prototype.includes.call(body.bytes, text)
  for (const [words, members] of RESOURCES)
    if (words.test(message) && members.some(has)) return true
  const names = `${model} ${envelope.model}`
  const ownWord = (word: string): boolean => !names.includes(word) && has(word)
  // The code of a 400 comes from its words alone, and those may be the request's.
  if (error.status === 400 && wordsIn(message, QUOTED).some(word => ownWord(word.slice(1, -1))))
    return true
  return wordsIn(message, IDENTIFIER).some(word => HAS_BOTH.test(word) && ownWord(word))
}

/** A letter and a digit, and no version of an API such as `v1beta`. */
const HAS_BOTH = /^(?!v\d)(?=.*[a-z]).*\d/i

function wordsIn(message: string, pattern: RegExp): string[] {
  return (message.match(pattern) ?? []).slice(0, MAX_WORDS)
}
