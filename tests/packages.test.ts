import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Glob } from 'bun'

/** What the project installs: what it uses, all of it, and nothing that reports home. */

const root = resolve(import.meta.dir, '..')
const manifest: {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The packages that files below a folder import, types too. */
function packagesIn(folder: string): string[] {
  const found = new Set<string>()
  for (const file of new Glob('**/*.ts').scanSync(join(root, folder))) {
    const code = readFileSync(join(root, folder, file), 'utf8')
    const imports = code.matchAll(/^(?:(?:import|export) [^'\n]*|\} )from '([^'\n]+)'/gm)
    for (const [, name = ''] of imports) {
      if (/^(?:\.|node:|bun$|bun:)/.test(name)) continue
      found.add(
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      )
    }
  }
  return [...found].sort()
}

describe('every package that is imported is declared', () => {
  test('by the program itself: as a dependency', () => {
    const used = packagesIn('src')
    expect(used).toContain('elysia')
    expect(used.filter(name => !(name in manifest.dependencies))).toEqual([])
  })

  test.each(['tests', 'scripts'])('by %s', folder => {
    const declared = { ...manifest.dependencies, ...manifest.devDependencies }
    expect(packagesIn(folder).filter(name => !(name in declared))).toEqual([])
  })
})

test('nothing reports its installation', () => {
  const lock = readFileSync(join(root, 'bun.lock'), 'utf8')
  expect(lock).toContain('"elysia"')
  expect(lock).not.toContain('scarf')
})
