import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { compileTable } from '../../src/config/index.ts'
import { type ImportServices, importConfig } from '../../src/import/index.ts'
import { kinds } from '../../src/providers/index.ts'
import type { RoutingTable } from '../../src/routing/table.ts'

export const importFixtures = resolve(import.meta.dir, '../fixtures/import')

type Given = { env?: Record<string, string>; folder?: string; home?: string; cwd?: string }

/** The real disk, and nothing of this machine's environment. */
export function importServices(given: Given = {}): ImportServices {
  const folder = given.folder ?? '/nowhere'
  return {
    env: given.env ?? {},
    readFile: path => readFileSync(path, 'utf8'),
    kinds,
    folders: [folder, given.cwd ?? folder],
    home: given.home ?? '/nowhere',
    newKey: () => 'jf-a-fresh-key',
    filesIn: path => readdirSync(path, { recursive: true, encoding: 'utf8' }),
  }
}

/** What is written for a text, compiled as it stands. */
export function imported(name: string, text: string, given: Given = {}) {
  const services = importServices(given)
  const result = importConfig(name, text, services)
  if (!result.ok) throw new Error(result.problem)
  const compiled = compileTable('routes.yaml', result.text, services)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics, null, 1))
  return {
    ...result,
    warnings: compiled.warnings,
    table: compiled.value,
    routes: parse(result.text) as Record<string, Record<string, unknown>>,
    /** The notes about a setting, as one text. */
    about: (setting: string): string =>
      result.notes
        .filter(({ about }) => about.split(/ \(\d+ times\)|, /).includes(setting))
        .map(({ text }) => text)
        .join('\n'),
  }
}

/** A file of the fixtures, imported where it lies. */
export function importedFixture(name: string, given: Given = {}) {
  const path = join(importFixtures, name)
  return imported(basename(path), readFileSync(path, 'utf8'), { folder: dirname(path), ...given })
}

/** Targets in order, pools with bars between: `a/x | b/y, c/z`. */
export function route(
  table: RoutingTable,
  asked: string,
  facts?: Parameters<RoutingTable['resolve']>[1],
): string {
  const resolution = table.resolve(asked, facts)
  if (!resolution.found) return 'not found'
  return resolution.route.steps
    .map(step => step.members.map(({ provider, model }) => `${provider.id}/${model}`).join(' | '))
    .join(', ')
}
