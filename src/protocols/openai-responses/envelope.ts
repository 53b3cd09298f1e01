import type { ConversationRequest } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { object, picked } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Asked } from '../codec.ts'
import { encodeStop } from './stop.ts'
import { encodeUsage } from './usage.ts'

const memory = sourceMemory('openai-responses')

/** A response object without its output: as it begins, or as it ended. */
export function envelopeOf(
  id: string,
  asked: Asked,
  ended: Parameters<typeof encodeStop>[0] | undefined,
  usage: Parameters<typeof encodeUsage>[0] | undefined,
): JsonObject {
  const stop = ended ? encodeStop(ended) : { status: 'in_progress', incomplete_details: null }
  return {
    id,
    object: 'response',
    created_at: Math.floor(asked.atMs / 1000),
    ...stop,
    background: false,
    error: null,
    model: asked.model,
    ...echoed(asked.request),
    ...picked(asked.extensions?.['openai-responses'], ECHOED),
    ...(asked.follows === undefined ? {} : { previous_response_id: asked.follows }),
    usage: usage ? encodeUsage(usage) : null,
  }
}

const ECHOED = [
  'store',
  'metadata',
  'previous_response_id',
  'truncation',
  'service_tier',
  'user',
  'safety_identifier',
  'max_tool_calls',
  'top_logprobs',
]

/** The request's own parameters, which this protocol's replies repeat. */
function echoed(request: ConversationRequest | undefined): JsonObject {
  const sampling = request?.sampling
  const written = request && object(memory.recall(request.system))
  return {
    instructions: written?.instructions ?? null,
    max_output_tokens: sampling?.maxOutputTokens ?? null,
    metadata: {},
    parallel_tool_calls: request?.parallelTools ?? true,
    previous_response_id: null,
    reasoning: recalled(request?.thinking) ?? { effort: null, summary: null },
    store: true,
    temperature: sampling?.temperature ?? 1,
    text: recalled(request?.format) ?? { format: { type: 'text' } },
    tool_choice: recalled(request?.toolChoice) ?? 'auto',
    tools: recalled(request?.tools) ?? [],
    top_p: sampling?.topP ?? 1,
    truncation: 'disabled',
  }
}

function recalled(node: object | undefined): JsonValue | undefined {
  return (node && memory.recall(node)) ?? undefined
}
