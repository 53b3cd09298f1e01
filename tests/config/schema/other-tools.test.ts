import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importFixtures } from '../../support/imported.ts'
import { diagnosticsOf } from '../../support/routes.ts'

/** Another tool's file in place of a routes.yaml. */

describe('a file of another tool is named, with no other diagnostic', () => {
  test.each([
    ['cli-proxy-api-2025.yaml', "CLIProxyAPI's config.yaml"],
    ['cli-proxy-api-2026.yaml', "CLIProxyAPI's config.yaml"],
    ['claude-code-proxy.env', "claude-code-proxy's .env"],
    ['claude-code-proxy-azure.env', "claude-code-proxy's .env"],
    ['claude-code-proxy-preferred.env', "claude-code-proxy's .env"],
    ['claude-code-router.json', "claude-code-router's config.json"],
    ['litellm.yaml', "LiteLLM's config.yaml"],
  ])('%s', (file, called) => {
    const text = readFileSync(join(importFixtures, file), 'utf8')
    expect(
      diagnosticsOf(text, { asItIs: true }, file).map(line => line.replace(/:\d+:\d+:/, ':')),
    ).toEqual([
      `${file}: this is ${called} ("jackfield import ${file}" writes a routes.yaml from it)`,
    ])
  })
})

describe('a routes.yaml with mistakes is one all the same', () => {
  test.each([
    ['a member of another tool', 'version: 1\nproviders: { echo: { kind: echo } }\nport: 8317\n'],
    ['without version', 'providers: { echo: { kind: echo } }\nws-auth: true\n'],
    ['only its beginning', 'api-keys: [ key-of-alice-1 ]\n'],
    ['its beginning, with settings', 'auth-dir: x\nremote-management: {}\nserver: { port: 1 }\n'],
    ['nothing that is known', 'foo: 1\n'],
  ])('%s', (_, text) =>
    expect(diagnosticsOf(text, { asItIs: true }).join()).not.toContain('this is '),
  )
})
