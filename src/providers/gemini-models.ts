import type { CatalogueModel } from './kind.ts'

const LIMITS = { contextTokens: 1_048_576, maxOutputTokens: 65_536 } as const

function catalogue(...names: readonly string[]): readonly CatalogueModel[] {
  return names.map(name => ({ name, ...LIMITS }))
}

export const AI_STUDIO_MODELS = catalogue(
  'gemini-3.7-flash',
  'gemini-3.6-flash',
  'gemini-3.5-flash',
  'gemini-3.5-flash-lite',
  'gemini-3.1-pro-preview',
  'gemini-3-pro-preview',
  'gemini-3-flash-preview',
  'gemini-3.1-flash-lite-preview',
  'gemini-2.5-pro',
  'gemini-2.5-flash',
  'gemini-2.5-flash-lite',
)

export const VERTEX_MODELS = catalogue(
  'gemini-3.7-flash',
  'gemini-3.6-flash',
  'gemini-3.5-flash',
  'gemini-3.5-flash-lite',
  'gemini-3.1-pro',
  'gemini-3.1-flash-lite',
  'gemini-3-pro',
  'gemini-3-flash',
  'gemini-2.5-pro',
  'gemini-2.5-flash',
  'gemini-2.5-flash-lite',
)

/** As of August 2026. */
export const CODE_ASSIST_MODELS = catalogue(
  'gemini-3.1-pro-preview',
  'gemini-3-pro-preview',
  'gemini-3-flash-preview',
  'gemini-3.1-flash-lite-preview',
  'gemini-2.5-pro',
  'gemini-2.5-flash',
  'gemini-2.5-flash-lite',
)
