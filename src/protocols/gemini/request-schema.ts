import { type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import {
  type Fault,
  knownRoles,
  NOTHING,
  requestShape,
  TOLERATED,
} from '../shared/schema/request-check.ts'
import { AnyObject, maybe, shared, Text } from '../shared/schema/request-schema.ts'
import { member, snakeOf } from './names.ts'
import { PartialCall } from './partial-call.ts'

/**
 * generateContent requests, as Google's JSON parser takes them: names in camel or snake case, one
 * value where a list is usual, numbers and switches as text, enum values as numbers.
 * @see https://protobuf.dev/programming-guides/json/
 */

/** Members by either spelling, all optional but those given as `required`. */
function members(optional: Record<string, TSchema>, required: TProperties = {}): TProperties {
  const all = { ...required }
  for (const [name, schema] of Object.entries(optional)) {
    all[name] = maybe(schema)
    const snake = snakeOf(name)
    if (snake !== name) all[snake] = maybe(schema)
  }
  return all
}

/** A list, or a single one of what would be in it. */
function listed(item: TSchema): TSchema {
  return Type.Union([Type.Array(item), item])
}

const WHOLE_TEXT = '^-?\\d+(\\.0+)?$'
const NUMBER_TEXT = '^-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?$'
const asText = (pattern: string): TSchema => Type.String({ pattern, [TOLERATED]: true })
const Whole = Type.Union([Type.Integer(), asText(WHOLE_TEXT)])
const Amount = Type.Union([Type.Number(), asText(NUMBER_TEXT)])
const Switch = Type.Union([Type.Boolean(), asText('^(true|false)$')])
const Enum = Type.Union([Text, Type.Integer({ [TOLERATED]: true })])

const Blob = shared('Blob', Type.Object(members({ mimeType: Text, data: Text, displayName: Text })))
const FileData = shared(
  'FileData',
  Type.Object(members({ mimeType: Text, fileUri: Text, displayName: Text })),
)
const media = { inlineData: Blob, fileData: FileData }
const Part = shared(
  'Part',
  Type.Object(
    members({
      text: Text,
      thought: Switch,
      thoughtSignature: Text,
      ...media,
      functionCall: Type.Object(
        members({
          id: Text,
          name: Text,
          args: AnyObject,
          partialArgs: listed(AnyObject),
          willContinue: Switch,
        }),
      ),
      functionResponse: Type.Object(
        members(
          { id: Text, response: AnyObject, parts: listed(Type.Object(members(media))) },
          { name: Text },
        ),
      ),
      executableCode: Type.Object(members({ code: Text, language: Enum })),
      codeExecutionResult: Type.Object(members({ output: Text, outcome: Enum })),
      videoMetadata: AnyObject,
    }),
  ),
)
/** Words where a part is usual, as some clients write them. */
const Parts = shared('Parts', Type.Union([Type.Array(Type.Union([Part, Text])), Part]))
const Content = shared('Content', Type.Object(members({ role: Text, parts: Parts })))

const FunctionDeclaration = shared(
  'FunctionDeclaration',
  Type.Object(
    members(
      {
        description: Text,
        parameters: AnyObject,
        parametersJsonSchema: AnyObject,
        response: AnyObject,
        responseJsonSchema: AnyObject,
      },
      { name: Text },
    ),
  ),
)
const Tool = shared(
  'Tool',
  Type.Object(
    members({
      functionDeclarations: listed(FunctionDeclaration),
      googleSearch: AnyObject,
      googleSearchRetrieval: AnyObject,
      urlContext: AnyObject,
      codeExecution: AnyObject,
    }),
  ),
)
const ToolConfig = shared(
  'ToolConfig',
  Type.Object(
    members({
      functionCallingConfig: Type.Object(
        members({ mode: Enum, allowedFunctionNames: listed(Text) }),
      ),
    }),
  ),
)
const GenerationConfig = shared(
  'GenerationConfig',
  Type.Object(
    members({
      maxOutputTokens: Whole,
      temperature: Amount,
      topP: Amount,
      topK: Amount,
      seed: Whole,
      candidateCount: Whole,
      presencePenalty: Amount,
      frequencyPenalty: Amount,
      stopSequences: listed(Text),
      responseMimeType: Text,
      responseSchema: AnyObject,
      responseJsonSchema: AnyObject,
      responseModalities: listed(Enum),
      responseLogprobs: Switch,
      logprobs: Whole,
      thinkingConfig: Type.Object(
        members({ thinkingBudget: Whole, thinkingLevel: Enum, includeThoughts: Switch }),
      ),
      speechConfig: AnyObject,
      mediaResolution: Enum,
    }),
  ),
)

const generated = {
  contents: Type.Union([listed(Content), Text]),
  systemInstruction: Type.Union([Content, Text]),
  tools: listed(Tool),
  toolConfig: ToolConfig,
  generationConfig: GenerationConfig,
  safetySettings: listed(AnyObject),
  cachedContent: Text,
  labels: AnyObject,
  model: Text,
}
const GenerateRequest = shared('GenerateRequest', Type.Object(members(generated)))

function needsContents(body: JsonObject): Fault | undefined {
  const contents = body.contents ?? null
  if (contents === null) return { path: 'contents', expected: 'a list', got: NOTHING }
  const empty = Array.isArray(contents) && contents.length === 0
  return empty
    ? { path: 'contents', expected: 'at least one item', got: 'an empty list' }
    : undefined
}

/** What the members of a part hold, where they are there. */
const MEDIA: readonly (readonly [name: string, needed: readonly string[]])[] = [
  ['inlineData', ['mimeType', 'data']],
  ['fileData', ['fileUri']],
]

/**
 * A call has a name, unless it is a piece that goes on with one. Media without its bytes or its kind
 * would be sent as an empty document.
 */
function needsInParts({ contents }: JsonObject): Fault | undefined {
  let goesOn = false
  let incomplete: Fault | undefined
  const wires = listOf(contents)
  for (let at = 0; at < wires.length; at++) {
    const content = wires[at]
    const parts = isObject(content) ? listOf(content.parts) : []
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index]
      if (!isObject(part)) continue
      const call = member(part, 'functionCall')
      if (isObject(call)) {
        const isNamed = typeof call.name === 'string'
        if (isNamed && PartialCall.begins(call)) goesOn = true
        if (!isNamed && !goesOn)
          return absent(contents, at, index, `${spelledIn(part, 'functionCall')}.name`)
      }
      const missing = incomplete ? undefined : missingMedia(part)
      if (missing) incomplete = absent(contents, at, index, missing)
    }
  }
  return incomplete
}

function missingMedia(part: JsonObject): string | undefined {
  for (const [name, needed] of MEDIA) {
    const media = member(part, name)
    const missing = isObject(media)
      ? needed.find(inner => typeof member(media, inner) !== 'string')
      : undefined
    if (missing !== undefined) return `${spelledIn(part, name)}.${missing}`
  }
  return undefined
}

function absent(contents: JsonValue | undefined, at: number, index: number, name: string): Fault {
  const content = Array.isArray(contents) ? contents[at] : contents
  const parts = isObject(content) && Array.isArray(content.parts) ? `parts[${index}]` : 'parts'
  const list = Array.isArray(contents) ? `contents[${at}]` : 'contents'
  return { path: `${list}.${parts}.${name}`, expected: 'a string', got: NOTHING }
}

function spelledIn(wire: JsonObject, name: string): string {
  return name in wire ? name : snakeOf(name)
}

/** A list, or the one that stands in its place. */
function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(value)) return value
  return isObject(value) ? [value] : []
}

const roles = knownRoles('contents', ['user', 'model', 'function', 'system'])

/** Counting takes the contents alone, or a whole request in a member of its own. */
function needsCountable(body: JsonObject): Fault | undefined {
  const generate = member(body, 'generateContentRequest')
  if (!isObject(generate)) return needsContents(body)
  const fault = needsContents(generate)
  return fault && { ...fault, path: `generateContentRequest.${fault.path}` }
}

export const requests = {
  generate: requestShape(GenerateRequest, needsContents, needsInParts, roles),
  'count-tokens': requestShape(
    Type.Object(members({ ...generated, generateContentRequest: GenerateRequest })),
    needsCountable,
  ),
}
