import { KindGuard, type TSchema } from '@sinclair/typebox'
import { harmlessValues, Routes } from '../config/schema/index.ts'

/**
 * Whether this version takes a setting of routes.yaml: some belong to the language, and are refused
 * until a later version.
 */
export function isSupported(...path: readonly string[]): boolean {
  let schema: TSchema | undefined = Routes
  for (const step of path) {
    schema = KindGuard.IsObject(schema) ? schema.properties[step] : undefined
    if (!schema || harmlessValues(schema)) return false
  }
  return true
}
