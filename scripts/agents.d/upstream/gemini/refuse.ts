/** What generateContent refuses, in Google's words. */
import { firstRefusal, type Refusal } from '../dialect.ts'
import { isRecord, type Json, list, record, stranger } from '../json.ts'
import type { Signatures } from './memory.ts'
import { schemaFault } from './schema.ts'

type Wrong = string | undefined

export const refuse = (body: Json, signatures: Signatures): Refusal | undefined =>
  firstRefusal([members, configs, tools, contents, turns, results, signed], body, signatures)

/** Every part of the conversation. */
export const partsOf = (body: Json): Json[] => list(body.contents).flatMap(one => list(one.parts))

const unknownName = (name: string, at: string): string =>
  `Invalid JSON payload received. Unknown name "${name}"${at ? ` at '${at}'` : ''}: Cannot find field.`

function unknownIn(value: unknown, known: string, at: string): Wrong {
  const name = stranger(record(value), known)
  return name && unknownName(name, at)
}

function members(body: Json): Wrong {
  return unknownIn(
    body,
    'model contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent labels serviceTier store',
    '',
  )
}

const CONFIG =
  'stopSequences responseMimeType responseSchema responseJsonSchema _responseJsonSchema responseFormat responseModalities candidateCount maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers speechConfig thinkingConfig imageConfig mediaResolution'

function configs(body: Json): Wrong {
  const { thinkingConfig, responseSchema, temperature } = record(body.generationConfig)
  const { thinkingBudget, thinkingLevel } = record(thinkingConfig)
  const unknown =
    unknownIn(body.generationConfig, CONFIG, 'generation_config') ??
    unknownIn(
      thinkingConfig,
      'includeThoughts thinkingBudget thinkingLevel',
      'generation_config.thinking_config',
    ) ??
    unknownIn(
      body.toolConfig,
      'functionCallingConfig retrievalConfig includeServerSideToolInvocations',
      'tool_config',
    )
  if (unknown) return unknown
  if (thinkingBudget !== undefined && thinkingLevel !== undefined)
    return 'You can only set only one of thinking budget and thinking level.'
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 2))
    return `* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].`
  const { mode, allowedFunctionNames } = record(record(body.toolConfig).functionCallingConfig)
  if (mode !== undefined && !/^(?:AUTO|ANY|NONE|VALIDATED|MODE_UNSPECIFIED)$/.test(String(mode)))
    return `Invalid value at 'tool_config.function_calling_config.mode', "${mode}"`
  if (allowedFunctionNames !== undefined && mode !== 'ANY' && mode !== 'VALIDATED')
    return '* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: allowed_function_names should only be set when mode is ANY or VALIDATED.'
  if (mode !== undefined && declarations(body).length === 0)
    return 'Function calling config is set without function_declarations.'
  return isRecord(responseSchema)
    ? schemaFault(responseSchema, 'generation_config.response_schema')
    : undefined
}

const declarations = (body: Json): Json[] =>
  list(body.tools).flatMap(tool => list(tool.functionDeclarations))

const TOOLS =
  'functionDeclarations googleSearch googleSearchRetrieval codeExecution urlContext computerUse googleMaps fileSearch enterpriseWebSearch mcpServers'

function tools(body: Json): Wrong {
  for (const [index, tool] of list(body.tools).entries()) {
    const unknown = unknownIn(tool, TOOLS, `tools[${index}]`)
    if (unknown) return unknown
    for (const [place, one] of list(tool.functionDeclarations).entries()) {
      const wrong = declarationFault(one, `tools[${index}].function_declarations[${place}]`)
      if (wrong) return wrong
    }
  }
  const names = declarations(body).map(one => one.name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  return twice === undefined ? undefined : `Duplicate function declaration found: ${twice}`
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/
const badName = (at: string): string =>
  `* GenerateContentRequest.${at}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.`

function declarationFault(tool: Json, at: string): Wrong {
  const unknown = unknownIn(
    tool,
    'name description behavior parameters parametersJsonSchema response responseJsonSchema',
    at,
  )
  if (unknown) return unknown
  if (!NAME.test(String(tool.name))) return badName(at)
  const { parameters } = tool
  if (parameters === undefined) return undefined
  if (tool.parametersJsonSchema !== undefined)
    return `* GenerateContentRequest.${at}: only one of parameters and parameters_json_schema can be set.`
  if (String(record(parameters).type).toUpperCase() !== 'OBJECT')
    return `* GenerateContentRequest.${at}.parameters: schema should be of type OBJECT.`
  if (Object.keys(record(record(parameters).properties)).length === 0)
    return `* GenerateContentRequest.${at}.parameters.properties: should be non-empty for OBJECT type`
  return schemaFault(record(parameters), `${at}.parameters`)
}

const KINDS =
  'text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse'
const MODIFIERS = 'thought thoughtSignature videoMetadata mediaResolution partMetadata'

function contents(body: Json): Wrong {
  const found = list(body.contents)
  if (found.length === 0) return '* GenerateContentRequest.contents: contents is not specified'
  for (const [index, content] of found.entries()) {
    const at = `contents[${index}]`
    const unknown = unknownIn(content, 'role parts', at)
    if (unknown) return unknown
    if (content.role !== undefined && content.role !== 'user' && content.role !== 'model')
      return 'Please use a valid role: user, model.'
    if (list(content.parts).length === 0)
      return `* GenerateContentRequest.${at}.parts: contents.parts must not be empty.`
    for (const [place, part] of list(content.parts).entries()) {
      const wrong = partFault(part, `${at}.parts[${place}]`)
      if (wrong) return wrong
    }
  }
  return undefined
}

function partFault(part: Json, at: string): Wrong {
  const unknown =
    unknownIn(part, `${KINDS} ${MODIFIERS}`, at) ??
    unknownIn(part.functionCall, 'id name args partialArgs willContinue', `${at}.function_call`) ??
    unknownIn(
      part.functionResponse,
      'id name response parts willContinue scheduling',
      `${at}.function_response`,
    ) ??
    unknownIn(part.inlineData, 'mimeType data displayName', `${at}.inline_data`)
  if (unknown) return unknown
  const kinds = Object.keys(part).filter(key => KINDS.split(' ').includes(key))
  if (kinds.length !== 1)
    return `* GenerateContentRequest.${at}.data: required oneof field 'data' must have one initialized field`
  if (part.text === '' && part.thoughtSignature === undefined)
    return 'Unable to submit request because it has an empty text parameter. Add a value to the parameter and try again.'
  return functionPartFault(part, at)
}

function functionPartFault({ functionCall, functionResponse }: Json, at: string): Wrong {
  if (isRecord(functionCall) && !NAME.test(String(functionCall.name)))
    return badName(`${at}.function_call`)
  if (!isRecord(functionResponse)) return undefined
  if (!functionResponse.name)
    return `* GenerateContentRequest.${at}.function_response.name: Name cannot be empty.`
  return isRecord(functionResponse.response)
    ? undefined
    : `Invalid value at '${at}.function_response.response' (type.googleapis.com/google.protobuf.Struct)`
}

const having = (content: Json | undefined, member: string): Json[] =>
  list(content?.parts).flatMap(part => (isRecord(part[member]) ? [part[member]] : []))

function turns(body: Json): Wrong {
  const found = list(body.contents)
  // The role may be left out of a single question.
  if ((found[0]?.role ?? 'user') !== 'user')
    return 'Please ensure that multiturn requests alternate between user and model, and begin with user.'
  for (const [index, content] of found.entries()) {
    if (content.role === 'model' && having(content, 'functionResponse').length > 0)
      return 'Please ensure that function response turn comes immediately after a function call turn.'
    if (content.role !== 'model' && having(content, 'functionCall').length > 0)
      return 'Please ensure that function call turn has the model role.'
    const afterModel = found[index - 1]?.role === 'model'
    if (having(content, 'functionCall').length > 0 && afterModel)
      return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.'
  }
  return undefined
}

/** Gemini CLI 0.61 writes each result twice when it resumes a session (seen 2026-11). */
const distinct = (answers: Json[]): Json[] =>
  answers.filter(({ id }, index) => !id || answers.findIndex(other => other.id === id) === index)

/** Each turn of calls is followed by exactly as many results, of the same functions. */
function results(body: Json): Wrong {
  const found = list(body.contents)
  for (const [index, content] of found.entries()) {
    const calls = having(content, 'functionCall')
    const answers = distinct(having(found[index + 1], 'functionResponse'))
    if (calls.length !== answers.length)
      return calls.length === 0
        ? 'Please ensure that function response turn comes immediately after a function call turn.'
        : 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'
    const called = calls.map(call => call.name).sort()
    const answered = answers.map(answer => answer.name).sort()
    if (!Bun.deepEquals(called, answered))
      return `Please ensure that function responses are named as their calls: ${called} was answered by ${answered}.`
    const stray = answers.find(one => one.id && !calls.some(call => call.id === one.id))
    if (stray)
      return `Please ensure that function responses have the ids of their calls: ${stray.id}`
  }
  return having(found[0], 'functionResponse').length > 0
    ? 'Please ensure that function response turn comes immediately after a function call turn.'
    : undefined
}

/** In the current turn the first call of each step has its signature; any signature must be ours. */
function signed(body: Json, signatures: Signatures): Wrong {
  const found = list(body.contents)
  const foreign = partsOf(body).some(
    part => part.thoughtSignature !== undefined && !signatures.has(String(part.thoughtSignature)),
  )
  if (foreign) return 'Corrupted thought signature.'
  const asked = found.findLastIndex(
    content => content.role !== 'model' && having(content, 'functionResponse').length === 0,
  )
  for (const [index, content] of found.entries()) {
    if (index < asked) continue
    const place = list(content.parts).findIndex(part => isRecord(part.functionCall))
    const part = list(content.parts)[place]
    if (part && part.thoughtSignature === undefined)
      return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${record(part.functionCall).name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`
  }
  return undefined
}
