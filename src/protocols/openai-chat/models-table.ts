/** Models of OpenAI's own line that refuse a thinking parameter. */
const PLAIN = /^(gpt-4|gpt-3\.5|chatgpt-)/
/** Those that think: they refuse sampling parameters and `max_tokens`. */
const REASONING = /^(o\d|gpt-[5-9])(?!.*-chat)/

export function isPlainModel(model: string): boolean {
  return PLAIN.test(bare(model))
}

export function isReasoningModel(model: string): boolean {
  return REASONING.test(bare(model))
}

/** Aggregators put the maker in front: `openai/gpt-5`. */
function bare(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1)
}
