import { describe, expect, test } from 'bun:test'
import { parseDotenv } from '../../src/lib/files/dotenv.ts'
import { imported, importedFixture, route } from '../support/imported.ts'

describe('one upstream behind three names', () => {
  const { table, about } = importedFixture('claude-code-proxy.env')
  const upstream = table.providers.get('upstream')

  test('names lead where they led', () => {
    expect(route(table, 'claude-3-5-haiku-20241022')).toBe('upstream/small-one')
    expect(route(table, 'claude-sonnet-4-5')).toBe('upstream/big-one-less')
    expect(route(table, 'claude-opus-4-5')).toBe('upstream/big-one')
    expect(route(table, 'my-haiku')).toBe('upstream/small-one')
    expect(route(table, 'whatever')).toBe('upstream/big-one')
    for (const name of ['gpt-4.1', 'o1-mini', 'ep-2024', 'doubao-pro', 'deepseek-v3'])
      expect(route(table, name)).toBe(`upstream/${name}`)
  })

  test('address, key, headers, timeouts, rounds, client key, port', () => {
    expect(upstream?.kind.id).toBe('openai-compatible')
    expect(upstream?.speaks[0]?.baseUrl).toBe('https://up.example/v1')
    expect(upstream?.headers).toEqual({ 'x-team': 'platform' })
    expect(upstream?.credentials[0]).toMatchObject({
      secret: 'upstream-key-one',
      headers: { authorization: 'Token other-token' },
    })
    expect(upstream?.timeouts).toMatchObject({ firstByteMs: 120_000, idleMs: 120_000 })
    expect(table.policy.requestRetry).toBe(5)
    expect(table.apiKeys.map(({ key }) => key)).toEqual(['client-key-one'])
    expect(table.server).toMatchObject({ host: '0.0.0.0', port: 8_082 })
    expect(table.logging.level).toBe('debug')
  })

  test('what is not taken over', () => {
    expect(about('MAX_TOKENS_LIMIT')).toContain('not cut short')
    expect(about('CUSTOM_HEADER_HOST')).toContain('gateway itself')
    expect(about('CUSTOM_HEADER_X_COPIED')).toContain('begins with "$"')
  })
})

describe('Azure', () => {
  test('each model is a deployment with an address of its own', () => {
    const { table, about } = importedFixture('claude-code-proxy-azure.env')
    const { kind, speaks } = table.providers.get('azure-usual-deployment') ?? {}
    expect(kind?.id).toBe('azure-openai')
    expect(speaks?.[0]).toMatchObject({
      baseUrl: 'https://sample.openai.azure.com/openai/deployments/usual-deployment',
      query: 'api-version=2025-03-01-preview',
    })
    expect(route(table, 'claude-opus-4-5')).toBe('azure-usual-deployment/usual-deployment')
    expect(route(table, 'claude-haiku-4-5')).toBe('azure-small-deployment/small-deployment')
    expect(about('HOST')).toContain('it listened on 0.0.0.0')
    expect(table.server.host).toBe('127.0.0.1')
  })

  test('is known by its address, and asked without a version where none is given', () => {
    const text =
      'OPENAI_API_KEY=k\nOPENAI_BASE_URL=https://a.openai.azure.com/openai/v1\nBIG_MODEL=b\n'
    const { table, about } = imported('.env', text)
    expect(table.providers.get('azure-b')?.speaks[0]).toMatchObject({
      baseUrl: 'https://a.openai.azure.com/openai/v1',
      query: '',
    })
    expect(about('AZURE_API_VERSION')).toContain('needs none')
  })

  test('a version in the address counts, and so does a resource of one’s own', () => {
    const { table } = imported(
      '.env',
      'OPENAI_API_KEY=k\nOPENAI_BASE_URL="https://gate.example/azure/?x=1"\nAZURE_API_VERSION=v1\nBIG_MODEL=b\nSMALL_MODEL=b\n',
    )
    expect(table.providers.get('azure-b')?.speaks[0]).toMatchObject({
      baseUrl: 'https://gate.example/azure/openai/deployments/b',
      query: 'api-version=v1',
    })
  })
})

describe('small files', () => {
  test('OpenAI itself, with its own models', () => {
    const { table, about } = imported('prod.env', 'OPENAI_API_KEY=k\n')
    expect(table.providers.get('upstream')?.kind.id).toBe('openai')
    expect(route(table, 'claude-sonnet-4-5')).toBe('upstream/gpt-4o')
    expect(route(table, 'claude-3-haiku')).toBe('upstream/gpt-4o-mini')
    // It has this one itself, and it got the big one all the same.
    expect(route(table, 'o3')).toBe('upstream/gpt-4o')
    expect(table.providers.get('upstream')?.discovery).toBeUndefined()
    expect(about('ANTHROPIC_API_KEY')).toContain('only this machine may call')
  })

  test('a service that is known has its own kind, at its own address', () => {
    const { table } = imported(
      '.env',
      'OPENAI_API_KEY=k\nOPENAI_BASE_URL=https://api.moonshot.cn/v1\n',
    )
    expect(table.providers.get('upstream')).toMatchObject({
      kind: { id: 'moonshot' },
      speaks: [{ baseUrl: 'https://api.moonshot.cn/v1' }],
    })
  })

  test('a fresh key takes the place of a sample key, and a key that is not in the file is a variable', () => {
    const { about, text } = imported(
      '.env',
      'OPENAI_BASE_URL=http://localhost:11434/v1\nANTHROPIC_API_KEY="your-expected-anthropic-api-key"\n',
    )
    expect(about('ANTHROPIC_API_KEY')).toContain('which are public')
    expect(text).toContain('- jf-a-fresh-key')
    expect(text).toContain('"${OPENAI_API_KEY}"')
    expect(text).toContain('kind: ollama')
  })

  test.each([
    ['INFO', 'info'],
    ['WARNING now', 'warn'],
    ['critical', 'error'],
    ['nonsense', 'info'],
  ])('LOG_LEVEL %s is %s', (written, level) => {
    const { table } = imported('.env', `OPENAI_API_KEY=k\nLOG_LEVEL="${written}"\n`)
    expect(table.logging.level).toBe(level as typeof table.logging.level)
  })
})

describe('the one with a preferred provider', () => {
  const { table } = importedFixture('claude-code-proxy-preferred.env')

  test('Claude’s names lead to the preferred one, models of the other one to it', () => {
    expect(route(table, 'claude-sonnet-4-5')).toBe('gemini/gemini-2.5-pro')
    expect(route(table, 'claude-haiku-4-5')).toBe('openai/gpt-4.1-mini')
    expect(table.providers.get('openai')?.speaks[0]?.baseUrl).toBe('http://127.0.0.1:9000/v1')
    expect(table.providers.get('gemini')?.kind.id).toBe('vertex')
    expect(table.providers.get('anthropic')?.credentials[0]?.secret).toBe('anthropic-key-one')
    expect(table.apiKeys).toEqual([])
  })

  test('Anthropic itself gets Claude’s names as they are', () => {
    const text = 'PREFERRED_PROVIDER=anthropic\nANTHROPIC_API_KEY=k\nOPENAI_API_KEY=o\n'
    expect(route(imported('.env', text).table, 'claude-sonnet-9')).toBe('anthropic/claude-sonnet-9')
  })

  test('a login of gcloud is no key', () => {
    const { about, table } = imported(
      '.env',
      'USE_VERTEX_AUTH=true\nVERTEX_PROJECT=p\nGEMINI_API_KEY=g\n',
    )
    expect(about('USE_VERTEX_AUTH')).toContain('service account’s file')
    expect(table.providers.get('gemini')?.kind.id).toBe('gemini')
  })
})

describe('dotenv', () => {
  test.each([
    ['A=1', { A: '1' }],
    ['  export A = 1  ', { A: '1' }],
    ['A="two # no" # yes', { A: 'two # no' }],
    ['A=three # yes', { A: 'three' }],
    ['A=no#comment', { A: 'no#comment' }],
    ['A=', { A: '' }],
    ['A= # nothing', { A: '' }],
    ['A', {}],
    ['# A=1', {}],
    ["A='$x \\' y'", { A: "$x ' y" }],
    ['A="say \\"yes\\"\\n\\$"', { A: 'say "yes"\n\\$' }],
    ['A="two\nlines"\nB=2', { A: 'two\nlines', B: '2' }],
    ['A=1\r\nB=${A}-x\r\n', { A: '1', B: '1-x' }],
    ['A=${NOT_HERE}/${OR:-else}', { A: '${NOT_HERE}/${OR:-else}' }],
    ["'A'=1", { A: '1' }],
    ['\ufeffA=1', { A: '1' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=a=b', { A: 'a=b' }],
    ['A="x"   \nB=1', { A: 'x', B: '1' }],
  ] as [string, Record<string, string>][])('%j', (text, values) =>
    expect(parseDotenv(text)).toEqual({ values, broken: [] }),
  )

  test('a line that says nothing is told by its number', () => {
    expect(parseDotenv('A=1\n\nnot a line at all\nB="open\nC=3\n')).toEqual({
      values: { A: '1', C: '3' },
      broken: [3, 4],
    })
    expect(imported('.env', 'OPENAI_API_KEY=k\n? !\n').about('line 2')).toContain('not understood')
  })
})
