import { expect, test } from 'bun:test'
import { resolve } from 'node:path'

const SRC = resolve(import.meta.dir, '../../src')

/** The modules of a package that a new process has loaded with the application's. */
function loaded(name: string): string[] {
  const code = `
    await import(${JSON.stringify(`${SRC}/http/app.ts`)})
    await import(${JSON.stringify(`${SRC}/management/management.ts`)})
    console.log(JSON.stringify(Object.keys(require.cache)))`
  const { stdout } = Bun.spawnSync([process.execPath, '-e', code])
  const modules: string[] = JSON.parse(stdout.toString())
  return modules.filter(path => path.includes(`/node_modules/${name}/`))
}

test('the libraries of the documentation are not loaded before it is asked for', () => {
  expect(loaded('@elysiajs/swagger')).toEqual([])
  expect(loaded('zod')).toEqual([])
  expect(loaded('elysia').length).toBeGreaterThan(0)
})
