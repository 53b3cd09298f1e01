import { anthropic } from './anthropic.ts'
import { anthropicCompatible } from './anthropic-compatible.ts'
import { azureOpenai } from './azure-openai.ts'
import { claudeOauth } from './claude-oauth.ts'
import { codexOauth } from './codex-oauth.ts'
import { dashscope } from './dashscope.ts'
import { deepseek } from './deepseek.ts'
import { echo } from './echo.ts'
import { gemini } from './gemini.ts'
import { geminiCli } from './gemini-cli.ts'
import { groq } from './groq.ts'
import { kimi } from './kimi.ts'
import type { Kind } from './kind.ts'
import { lmstudio } from './lmstudio.ts'
import { mistral } from './mistral.ts'
import { moonshot } from './moonshot.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { openaiResponsesCompatible } from './openai-responses-compatible.ts'
import { openrouter } from './openrouter.ts'
import { qwen } from './qwen.ts'
import { siliconflow } from './siliconflow.ts'
import { vertex } from './vertex.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'
import { xaiOauth } from './xai-oauth.ts'
import { zai } from './zai.ts'

/** What `kind:` may say. A new upstream is a file and a line here. */
export const kinds: readonly Kind[] = [
  anthropic,
  anthropicCompatible,
  openai,
  openaiCompatible,
  openaiResponsesCompatible,
  gemini,
  vertex,
  openrouter,
  azureOpenai,
  deepseek,
  groq,
  mistral,
  moonshot,
  zai,
  dashscope,
  xai,
  siliconflow,
  ollama,
  lmstudio,
  vllm,
  claudeOauth,
  codexOauth,
  geminiCli,
  qwen,
  kimi,
  xaiOauth,
  echo,
]
