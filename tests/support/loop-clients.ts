import type { JsonObject } from '../../src/lib/json/json.ts'
import type { Wire } from './read-reply.ts'
import { list, object, words } from './readers/seen.ts'

/** A client in the middle of a tool loop: what it asks first, and what it returns. */
export type LoopClient = {
  wire: Wire
  title: string
  first(model: string, stream: boolean): JsonObject
  /** The second request: the history as this client keeps it, and the tool's answer. */
  second(model: string, stream: boolean, reply: JsonObject): JsonObject
}

const QUESTION = 'What is the number?'
const SCHEMA = { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] }

const anthropicHead = (model: string, stream: boolean): JsonObject => ({
  model,
  max_tokens: 20_000,
  thinking: { type: 'enabled', budget_tokens: 2_048 },
  tools: [{ name: 'look_up', description: 'Looks up', input_schema: SCHEMA }],
  stream,
})

const anthropic: LoopClient = {
  wire: 'anthropic',
  title: 'Anthropic: the blocks come back as they were',
  first: (model, stream) => ({
    ...anthropicHead(model, stream),
    messages: [{ role: 'user', content: QUESTION }],
  }),
  second(model, stream, reply) {
    const call = list(reply.content).find(({ type }) => type === 'tool_use')
    return {
      ...anthropicHead(model, stream),
      messages: [
        { role: 'user', content: QUESTION },
        { role: 'assistant', content: reply.content ?? [] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: '42' }],
        },
      ],
    }
  },
}

const chatHead = (model: string, stream: boolean): JsonObject => ({
  model,
  reasoning_effort: 'medium',
  tools: [
    {
      type: 'function',
      function: { name: 'look_up', description: 'Looks up', parameters: SCHEMA },
    },
  ],
  stream,
})

function chat(title: string, returned: (message: JsonObject) => JsonObject): LoopClient {
  return {
    wire: 'openai-chat',
    title,
    first: (model, stream) => ({
      ...chatHead(model, stream),
      messages: [{ role: 'user', content: QUESTION }],
    }),
    second(model, stream, reply) {
      const message = object(list(reply.choices)[0]?.message)
      return {
        ...chatHead(model, stream),
        messages: [
          { role: 'user', content: QUESTION },
          returned(message),
          { role: 'tool', tool_call_id: list(message.tool_calls)[0]?.id ?? '', content: '42' },
        ],
      }
    },
  }
}

const responsesHead = (model: string, stream: boolean, store: boolean): JsonObject => ({
  model,
  reasoning: { effort: 'medium', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  tools: [{ type: 'function', name: 'look_up', description: 'Looks up', parameters: SCHEMA }],
  store,
  stream,
})

function responses(
  title: string,
  store: boolean,
  history: (reply: JsonObject, answer: JsonObject) => JsonObject,
): LoopClient {
  return {
    wire: 'openai-responses',
    title,
    first: (model, stream) => ({
      ...responsesHead(model, stream, store),
      input: [{ type: 'message', role: 'user', content: QUESTION }],
    }),
    second(model, stream, reply) {
      const call = list(reply.output).find(({ type }) => type === 'function_call')
      const answer = {
        type: 'function_call_output',
        call_id: call?.call_id ?? '',
        output: '42',
      }
      return { ...responsesHead(model, stream, store), ...history(reply, answer) }
    },
  }
}

const ASKED: JsonObject = { type: 'message', role: 'user', content: QUESTION }

function gemini(title: string, returned: (parts: JsonObject[]) => JsonObject[]): LoopClient {
  const head = {
    generationConfig: { thinkingConfig: { includeThoughts: true, thinkingLevel: 'HIGH' } },
    tools: [
      {
        functionDeclarations: [
          { name: 'look_up', description: 'Looks up', parametersJsonSchema: SCHEMA },
        ],
      },
    ],
  }
  return {
    wire: 'gemini',
    title,
    first: () => ({ ...head, contents: [{ role: 'user', parts: [{ text: QUESTION }] }] }),
    second(_model, _stream, reply) {
      const parts = list(object(list(reply.candidates)[0]?.content).parts)
      const call = object(parts.find(({ functionCall }) => functionCall)?.functionCall)
      return {
        ...head,
        contents: [
          { role: 'user', parts: [{ text: QUESTION }] },
          { role: 'model', parts: returned(parts) },
          {
            role: 'user',
            parts: [
              {
                functionResponse: {
                  id: words(call.id),
                  name: words(call.name),
                  response: { output: '42' },
                },
              },
            ],
          },
        ],
      }
    },
  }
}

/** What comes back in the next turn, client by client. */
export const LOOP_CLIENTS: readonly LoopClient[] = [
  anthropic,
  chat('Chat: reasoning_content comes back', message => message),
  chat('Chat: nothing of the reasoning comes back', ({ reasoning_content: _, ...rest }) => rest),
  responses('Responses: the items come back', false, (reply, answer) => ({
    input: [ASKED, ...list(reply.output), answer],
  })),
  responses('Responses: previous_response_id', true, (reply, answer) => ({
    previous_response_id: reply.id ?? '',
    input: [answer],
  })),
  responses('Responses: item_reference', true, (reply, answer) => ({
    input: [
      ASKED,
      ...list(reply.output).map(item =>
        item.type === 'function_call' ? item : { type: 'item_reference', id: item.id ?? '' },
      ),
      answer,
    ],
  })),
  gemini('Gemini: every part comes back', parts => parts),
  gemini('Gemini: the signature on the call, no thoughts', parts =>
    parts.filter(({ thought, text }) => thought !== true && text !== ''),
  ),
  gemini('Gemini: nothing of the reasoning comes back', parts =>
    parts
      .filter(({ thought, text }) => thought !== true && text !== '')
      .map(({ thoughtSignature: _, ...part }) => part),
  ),
  gemini('Gemini: the parts come back, without ids', parts =>
    parts.map(part => {
      const { id: _, ...call } = object(part.functionCall)
      return part.functionCall ? { ...part, functionCall: call } : part
    }),
  ),
]
