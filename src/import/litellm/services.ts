/** LiteLLM's word for a service, the kind it is here, its address if it has none of its own. */
export type Service = { kind: string; variable: string; address?: string }

const compatible = (variable: string, address: string): Service => ({
  kind: 'openai-compatible',
  variable,
  address,
})

const SERVICES: Record<string, Service> = {
  openai: { kind: 'openai', variable: 'OPENAI_API_KEY' },
  'text-completion-openai': { kind: 'openai', variable: 'OPENAI_API_KEY' },
  anthropic: { kind: 'anthropic', variable: 'ANTHROPIC_API_KEY' },
  azure: { kind: 'azure-openai', variable: 'AZURE_API_KEY' },
  gemini: { kind: 'gemini', variable: 'GEMINI_API_KEY' },
  vertex_ai: { kind: 'vertex', variable: 'VERTEXAI_CREDENTIALS' },
  vertex_ai_beta: { kind: 'vertex', variable: 'VERTEXAI_CREDENTIALS' },
  openrouter: { kind: 'openrouter', variable: 'OPENROUTER_API_KEY' },
  ollama: { kind: 'ollama', variable: '' },
  ollama_chat: { kind: 'ollama', variable: '' },
  groq: { kind: 'groq', variable: 'GROQ_API_KEY' },
  mistral: { kind: 'mistral', variable: 'MISTRAL_API_KEY' },
  deepseek: { kind: 'deepseek', variable: 'DEEPSEEK_API_KEY' },
  moonshot: { kind: 'moonshot', variable: 'MOONSHOT_API_KEY' },
  zai: { kind: 'zai', variable: 'ZAI_API_KEY' },
  xai: { kind: 'xai', variable: 'XAI_API_KEY' },
  dashscope: { kind: 'dashscope', variable: 'DASHSCOPE_API_KEY' },
  lm_studio: { kind: 'lmstudio', variable: '' },
  hosted_vllm: { kind: 'vllm', variable: '' },
  vllm: { kind: 'vllm', variable: '' },
  siliconflow: { kind: 'siliconflow', variable: 'SILICONFLOW_API_KEY' },
  together_ai: compatible('TOGETHERAI_API_KEY', 'https://api.together.xyz/v1'),
  fireworks_ai: compatible('FIREWORKS_AI_API_KEY', 'https://api.fireworks.ai/inference/v1'),
  perplexity: compatible('PERPLEXITYAI_API_KEY', 'https://api.perplexity.ai'),
  cerebras: compatible('CEREBRAS_API_KEY', 'https://api.cerebras.ai/v1'),
  nvidia_nim: compatible('NVIDIA_NIM_API_KEY', 'https://integrate.api.nvidia.com/v1'),
  deepinfra: compatible('DEEPINFRA_API_KEY', 'https://api.deepinfra.com/v1/openai'),
  sambanova: compatible('SAMBANOVA_API_KEY', 'https://api.sambanova.ai/v1'),
}

/** Undefined: a service that cannot be reached from here. */
export function serviceNamed(name: string, address: string | undefined): Service | undefined {
  // OpenAI's own kind speaks to OpenAI; any other address is of something like it.
  if (name === 'openai' && address !== undefined)
    return { kind: 'openai-compatible', variable: 'OPENAI_API_KEY' }
  if (Object.hasOwn(SERVICES, name)) return SERVICES[name]
  if (address === undefined) return undefined
  return { kind: 'openai-compatible', variable: `${name.toUpperCase()}_API_KEY` }
}

/** Words that begin a model's name: without one the model is OpenAI's. */
export function splitModel(model: string): { service: string; name: string } {
  const slash = model.indexOf('/')
  return slash === -1
    ? { service: 'openai', name: model }
    : { service: model.slice(0, slash), name: model.slice(slash + 1) }
}
