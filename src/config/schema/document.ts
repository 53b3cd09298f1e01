import type { Static } from '@sinclair/typebox'
import type { Routes } from './index.ts'

/** routes.yaml, checked: what the schema says, and nothing is missing that it demands. */
export type Document = Static<typeof Routes>
export type ProviderEntry = NonNullable<Document['providers']>[string]
export type ModelEntry = NonNullable<Document['models']>[string]
export type NameEntry = NonNullable<Document['aliases']>[string]
