import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { readServiceAccount } from '../../src/credentials/google/key-file.ts'
import { sampleFacts } from '../../src/routing/facts.ts'
import { imported, importedFixture, importFixtures, route } from '../support/imported.ts'

const taken = (text: string) => imported('config.yaml', text)
const amp = (asked: string) => sampleFacts(asked, { client: 'amp' })

describe('August 2026', () => {
  const { table, about, text, notes } = importedFixture('cli-proxy-api-2026.yaml')
  const provider = (id: string) => {
    const found = table.providers.get(id)
    if (!found) throw new Error(`no provider ${id}: ${[...table.providers.keys()].join()}`)
    return found
  }

  test('where to listen, with files found beside the config', () => {
    expect(table.server).toMatchObject({ host: '0.0.0.0', port: 9_317 })
    expect(table.server.tls).toEqual({ cert: 'cert\n', key: 'key\n' })
    expect(text).toContain(`cert: ${join(importFixtures, 'tls/gateway.crt')}`)
    expect(table.logging.level).toBe('debug')
  })

  test('who may call: a key of digits stays a text, a fresh key takes the place of a sample key', () => {
    expect(table.apiKeys.map(({ key }) => key)).toEqual([
      'client-key-laptop',
      '2048204820482048204820',
      'jf-a-fresh-key',
    ])
    expect(about('api-keys')).toContain('which are public; api-keys has a fresh one instead')
  })

  test('the management API opens to the same secret', () => {
    expect(table.management).toEqual({
      allowRemote: true,
      secret: 'management-secret-one',
      panel: false,
    })
    const hash = `$2a$10$${'a'.repeat(53)}`
    const hashed = taken(`remote-management: { secret-key: "${hash}" }\n`).table.management
    expect(hashed).toEqual({ allowRemote: false, secret: hash, panel: true })
  })

  test('policy', () => {
    expect(table.policy).toMatchObject({
      requestRetry: 4,
      maxRetryIntervalMs: 45_000,
      strategy: 'weighted',
      cooldown: { transientMs: 90_000, maxMs: 1_800_000 },
      sessionAffinityMs: 5_400_000,
      keepaliveMs: 20_000,
    })
  })

  test('keys, with what is theirs', () => {
    expect(provider('gemini').credentials).toEqual([
      {
        id: 'gemini/key-1',
        provider: 'gemini',
        secret: 'gemini-key-one',
        headers: {},
        proxy: 'direct',
        weight: 5,
        priority: 0,
      },
    ])
    expect(provider('gemini').headers).toEqual({
      'X-Team': 'platform',
      'X-Session': '$x-session-id',
    })
    expect(provider('gemini').models).toMatchObject([
      {
        name: 'gemini-2.5-flash',
        alias: 'quick',
        contextTokens: 500_000,
        thinking: ['low', 'high'],
      },
    ])
    expect(provider('gemini-2').speaks[0]?.baseUrl).toBe('https://gemini.example')
    expect(provider('gemini-2').priority).toBe(-5)
    expect(provider('gemini-2').proxy).toBe('socks5://proxy-user:proxy-password@127.0.0.1:1080')
    expect(
      provider('openrouter-2').credentials.map(({ proxy, weight }) => [proxy, weight]),
    ).toEqual([
      ['direct', 3],
      [undefined, 1],
    ])
    expect(provider('xai').credentials[0]?.weight).toBe(0)
  })

  test('each service at its own address, in its own way of sending keys', () => {
    const at = (id: string) => [provider(id).kind.id, provider(id).speaks[0]?.baseUrl]
    expect(at('claude')).toEqual(['anthropic', 'https://api.anthropic.com'])
    expect(at('claude-2')).toEqual(['anthropic-compatible', 'https://claude.example/api'])
    expect(provider('claude-2').kind.auth).toEqual({ header: 'authorization', prefix: 'Bearer ' })
    expect(at('codex')).toEqual(['openai-responses-compatible', 'https://codex.example/v1'])
    expect(at('codex-2')).toEqual(['openai', 'https://api.openai.com/v1'])
    expect(at('xai')).toEqual(['xai', 'https://api.x.ai/v1'])
    expect(at('vertex')).toEqual(['vertex', 'https://vertex.example/api'])
    expect(at('openrouter-2')).toEqual(['openrouter', 'https://openrouter.ai/api/v1'])
  })

  test('what a model is said to take is all it takes', () => {
    const [kimi, pool] = provider('openrouter-2').models
    expect(kimi?.lacks).toEqual(['audio', 'video', 'documents'])
    expect(pool?.lacks).toBeUndefined()
  })

  test('what is switched off stays off', () => {
    expect(provider('claude-3').off).toBe('disabled in the file')
    expect(provider('switched-off').off).toBe('disabled in the file')
    expect(provider('vertex-3').off).toBe('disabled in the file')
  })

  test('names lead where they led', () => {
    expect(route(table, 'quick')).toBe('gemini/gemini-2.5-flash')
    expect(route(table, 'kimi')).toBe('openrouter-2/moonshotai/kimi-k2')
    expect(route(table, 'pool')).toBe(
      'openrouter-2/z-ai/glm-4.6 | openrouter-2/deepseek/deepseek-chat',
    )
    // An address would lead to a provider called openrouter, and ask it for "auto".
    expect(route(table, 'openrouter/auto')).toBe('openrouter-2/openrouter/auto')
    expect(route(table, 'codex-latest')).toBe('codex/gpt-5.5')
    expect(route(table, 'gpt-5.1-codex')).toBe('codex-2/gpt-5.1-codex')
    expect(route(table, 'vertex-pro')).toBe('vertex/gemini-2.5-pro')
    expect(route(table, 'gpt-5.5')).toBe('codex-2/gpt-5.5')
  })

  test('what has a prefix is reached by it alone, since that was forced', () => {
    expect(route(table, 'spare/gemini-2.5-pro')).toBe('gemini-2/gemini-2.5-pro')
    expect(route(table, 'gemini-2.5-pro')).toBe('not found')
    expect(route(table, 'spare/gemini-3-pro-preview')).toBe('not found')
    expect(route(table, 'team/claude-sonnet-4-5')).toBe('claude-2/claude-sonnet-4-5')
    expect(route(table, 'claude-sonnet-4-5')).toBe('claude/claude-sonnet-4-5')
  })

  test('a service account is used as it lies there', () => {
    const vertex = provider('vertex-2')
    const [credential] = vertex.credentials
    const account = readServiceAccount(credential?.secret ?? '')
    if (!account) throw new Error('the key file was not read')
    expect(account.email).toBe('svc@sample.example')
    expect(
      vertex.kind.serviceAccountEndpoint?.(account, 'https://aiplatform.googleapis.com'),
    ).toEqual({
      baseUrl: 'https://europe-west4-aiplatform.googleapis.com',
      root: '/v1/projects/sample-project/locations/europe-west4/publishers/google/models',
    })
    expect(credential).toMatchObject({ weight: 2, proxy: 'direct' })
    expect(vertex).toMatchObject({ priority: 4, headers: { 'X-Cost': 'team' } })
    expect(text).toContain(`key: \${file:${join(importFixtures, 'auths/more/vertex-sample.json')}}`)
    expect(text).not.toContain('no-real-key')
  })

  test('names of accounts: beside the model’s own, behind their prefix', () => {
    expect(route(table, 'cloud/g25p')).toBe('vertex-2/gemini-2.5-pro')
    expect(route(table, 'cloud/g25f')).toBe('vertex-2/gemini-2.5-flash')
    expect(route(table, 'cloud/gemini-2.5-pro')).toBe('vertex-2/gemini-2.5-pro')
    expect(route(table, 'cloud/gemini-3-pro')).toBe('not found')
    expect(route(table, 'cloud/imagen-4')).toBe('not found')
  })

  test('signed-in accounts are named, with where they are and how they come back', () => {
    const said = about('auth-dir')
    for (const words of [
      '8 accounts',
      'claude (someone@claude.example)',
      'codex (someone@codex.example, disabled)',
      'kimi (kimi-someone.json)',
      'stay untouched',
    ])
      expect(said).toContain(words)
    expect(text.trimEnd().split('\n').at(-1)).toBe(`# auth-dir: ${join(importFixtures, 'auths')}`)
    const others = notes.map(note => `${note.about}: ${note.text}`).join('\n')
    expect(others).toContain('auth-dir: torn.json: is no JSON object')
    expect(others).toContain('auth-dir: vertex-broken.json: is no service account')
    expect(others).not.toContain('someone.cds')
  })

  describe('payload', () => {
    /** Edits of all rules that hold for such a request. */
    const edits = (model: string, protocol: Parameters<typeof sampleFacts>[1]) =>
      table.rules
        .filter(({ when }) => !when || when.holds(sampleFacts(model, protocol)))
        .flatMap(rule => rule.edits)
        .map(edit => `${edit.kind} ${edit.path.join('.')}`)

    test('conditions are any of several, each with all of its own', () => {
      const headers = { 'x-tier': 'gold-1' }
      const temperature = 'default generationConfig.temperature'
      expect(edits('gemini-2.5-pro', { protocol: 'gemini', headers })).toContain(temperature)
      expect(edits('gemini-2.5-pro', { protocol: 'gemini' })).not.toContain(temperature)
      expect(edits('gemini-2.5-pro', { protocol: 'anthropic', headers })).not.toContain(temperature)
      expect(edits('claude-x', { protocol: 'anthropic' })).toContain(temperature)
      expect(edits('claude-x', { protocol: 'gemini', headers })).not.toContain(temperature)
    })

    test('a rule for an upstream’s name holds for the names that lead to it', () => {
      const headers = { 'x-tier': 'gold-1' }
      for (const name of ['quick', 'spare/gemini-2.5-pro', 'cloud/g25p', 'mine'])
        expect(edits(name, { protocol: 'gemini', headers })).toContain(
          'default generationConfig.temperature',
        )
      expect(edits('kimi', {})).toContain('set temperature')
      expect(edits('moonshotai/kimi-k2', {})).toContain('set temperature')
      expect(edits('pool', {})).not.toContain('set temperature')
    })

    test('raw values are values, and rules for everything hold for everything', () => {
      expect(edits('whatever', {})).toEqual(['set metadata.team'])
      expect(table.rules.flatMap(rule => rule.edits)).toContainEqual({
        kind: 'set',
        path: ['metadata', 'team'],
        value: 'core',
      })
      expect(edits('gpt-9', { protocol: 'openai-responses' })).toContain('default text.format')
      expect(edits('quick', {})).toEqual(['set metadata.team', 'remove top_k'])
    })

    test('what cannot be said is left out and told, rule by rule', () => {
      const all = notes.map(note => `${note.about}: ${note.text}`).join('\n')
      for (const words of [
        'tools.#(type=="x").y',
        'stop.-1',
        'broken: is no JSON',
        'model: cannot be edited',
        'payload.override[1].models[0]: its paths are those of openai-chat',
        'payload.override[2].models[0].not-match',
        'no client speaks "antigravity" here',
      ])
        expect(all).toContain(words)
    })
  })

  test('settings that need none here are told apart from what is lost', () => {
    const lost = notes
      .filter(({ loses }) => loses)
      .map(({ about }) => about)
      .join()
    const idle = notes
      .filter(({ loses }) => !loses)
      .map(({ about }) => about)
      .join()
    expect(lost).toContain('nonstream-keepalive-interval')
    expect(lost).toContain('claude-api-key[0].cloak')
    expect(idle).toContain('save-cooldown-status')
    expect(idle).toContain('streaming.bootstrap-retries')
    expect(text).toContain('#   nonstream-keepalive-interval: ')
    expect(text).not.toContain('#   save-cooldown-status')
  })
})

describe('late 2025, and before', () => {
  const { table, about, notes } = importedFixture('cli-proxy-api-2025.yaml')

  test('keys under their old names', () => {
    expect(table.apiKeys.map(({ key }) => key)).toEqual(['client-key-old'])
    expect(table.providers.get('gemini-2')?.credentials.map(({ secret }) => secret)).toEqual([
      'gemini-key-old-1',
      'gemini-key-old-2',
    ])
    expect(table.providers.get('my-local')?.credentials[0]?.secret).toBe('local-key-old')
  })

  test('policy: no credential cools down, conversations do not stay, the first key goes first', () => {
    expect(table.policy).toMatchObject({
      strategy: 'fill-first',
      sessionAffinityMs: 0,
      cooldown: { transientMs: 0, maxMs: 0 },
    })
  })

  test('a prefix that is not forced adds names, one that several have leads to each', () => {
    expect(route(table, 'side/gemini-2.5-pro')).toBe('gemini/gemini-2.5-pro')
    expect(route(table, 'gemini-2.5-pro')).toBe('gemini/gemini-2.5-pro | gemini-2/gemini-2.5-pro')
    expect(route(table, 'both/sonnet')).toBe('claude/claude-sonnet-4-5')
    expect(route(table, 'both/qwen')).toBe('my-local/qwen')
    expect(route(table, 'sonnet')).toBe('claude/claude-sonnet-4-5')
  })

  test('Amp’s mappings are forced where they were, and for Amp only', () => {
    expect(route(table, 'gpt-5-codex', amp('gpt-5-codex'))).toBe('my-local/qwen')
    expect(route(table, 'gpt-5-codex', sampleFacts('gpt-5-codex'))).toBe('not found')
    expect(route(table, 'x-gpt-4o-mini', amp('x'))).toBe('claude/claude-sonnet-4-5')
    expect(route(table, 'oracle-old', amp('oracle-old'))).toBe('my-local/qwen')
    const opus = table.resolve('claude-opus-4-5-20251101', amp('x'))
    expect(opus.found && opus.route.steps[0]?.members[0]).toMatchObject({
      model: 'claude-sonnet-4-5',
      reasoning: { effort: 'high' },
    })
    const said = notes.map(note => `${note.about}: ${note.text}`).join('\n')
    expect(said).toContain('haiku-[34] is more than a glob')
    expect(said).toContain('"literal-*" matched nothing')
    expect(said).toContain('force.only-signed-in.to (from ampcode.model-mappings[4]): left out')
    expect(about('ampcode.model-mappings')).toContain('hold for Amp only')
  })

  test('a folder of accounts that is not there is told', () => {
    expect(about('auth-dir')).toContain('/nowhere/accounts is no folder that can be read')
  })
})

describe('an auth-dir with nothing but kinds that are served', () => {
  test('is used as it lies, one provider a kind', () => {
    const { table } = imported('config.yaml', 'auth-dir: auths-served\n', {
      folder: importFixtures,
    })
    expect(table.authDir).toBe(join(importFixtures, 'auths-served'))
    const kinds = [...table.providers.values()].map(({ kind }) => kind.id)
    expect(kinds.toSorted()).toEqual(['claude-oauth', 'qwen'])
  })
})

describe('small files', () => {
  test('~ is the user’s folder, and without auth-dir the usual one is looked into', () => {
    const given = { home: join(importFixtures, 'no-such-home') }
    expect(imported('config.yaml', 'auth-dir: ~/auths\n', given).about('auth-dir')).toContain(
      join(given.home, 'auths'),
    )
    expect(
      imported('config.yaml', 'auth-dir: ~/auths\n', { home: importFixtures }).about('auth-dir'),
    ).toContain('8 accounts')
    expect(imported('config.yaml', 'request-retry: 1\n', given).about('auth-dir')).toBe('')
  })

  test('a relative path is beside the file, else where the command is run', () => {
    const text = 'auth-dir: auths\n'
    const beside = imported('config.yaml', text, { folder: importFixtures, cwd: '/nowhere' })
    const below = imported('config.yaml', text, { folder: '/nowhere', cwd: importFixtures })
    for (const { about } of [beside, below]) expect(about('auth-dir')).toContain('8 accounts')
  })

  test('without a host it listened everywhere, which is not done unasked', () => {
    const { table, about } = taken('port: 8317\napi-keys: [ some-client-key ]\nhost: ""\n')
    expect(table.server.host).toBe('127.0.0.1')
    expect(about('host')).toContain('server.host: 0.0.0.0')
  })

  test('without keys it listened for everybody, which is not done unasked', () => {
    const { table, about } = taken('port: 8317\nhost: 0.0.0.0\napi-keys: []\n')
    expect(table.server.host).toBe('127.0.0.1')
    expect(about('host')).toContain('it listened on 0.0.0.0')
  })

  test('keepalive and cooldowns: nothing, never, and as they were', () => {
    expect(
      taken('streaming: { keepalive-seconds: 0 }\nrequest-retry: 0\n').table.policy,
    ).toMatchObject({ keepaliveMs: 0, requestRetry: 0 })
    const never =
      'transient-error-cooldown-seconds: -1\nmax-retry-interval: -5\nrequest-retry: 99\n'
    const { table, about } = taken(never)
    expect(table.policy).toMatchObject({ requestRetry: 20, maxRetryIntervalMs: 0 })
    expect(table.policy.cooldown.transientMs).toBe(0)
    expect(about('request-retry')).toContain('99 rounds')
    expect(
      taken('request-retry: -1\ntransient-error-cooldown-seconds: 0\n').table.policy,
    ).toMatchObject({ requestRetry: 3, cooldown: { transientMs: 60_000 } })
  })

  test.each([
    ['rr', 'round-robin'],
    ['RoundRobin', 'round-robin'],
    ['ff', 'fill-first'],
    ['wrr', 'weighted'],
    ['weightedroundrobin', 'weighted'],
  ])('routing.strategy %s is %s', (written, strategy) => {
    const { table } = taken(`routing: { strategy: ${written} }\nrequest-retry: 1\n`)
    expect(table.policy.strategy).toBe(strategy as typeof table.policy.strategy)
  })

  test('an unknown strategy, a wrong duration and a strange proxy are told without their values', () => {
    const { about, text } = taken(
      'routing: { strategy: luck, session-affinity: true, session-affinity-ttl: soon }\nproxy-url: "socks4://u:hidden-word@h:1"\nrequest-retry: 1\n',
    )
    expect(about('routing.strategy')).toContain('round-robin is used')
    expect(about('routing.session-affinity-ttl')).toContain('1h is used')
    expect(about('proxy-url')).toContain('no http, https, socks5')
    expect(text).not.toContain('hidden-word')
  })

  test('weights count only where turns are weighted', () => {
    const keys = 'gemini-api-key: [ { api-key: a, weight: 0 }, { api-key: b, weight: 3 } ]\n'
    const weights = (text: string) =>
      taken(text)
        .table.providers.get('gemini')
        ?.credentials.map(({ weight }) => weight)
    expect(weights(keys)).toEqual([1, 1])
    expect(weights(`${keys}routing: { strategy: wrr }\n`)).toEqual([0, 3])
    expect(taken(keys).about('gemini-api-key[0].weight')).toContain('weighted-round-robin')
  })

  test('several services behind one prefix, forced: the better ones first', () => {
    const { table } = taken(`
force-model-prefix: true
openai-compatibility:
  - { name: a, base-url: "http://a/v1", prefix: p, models: [ { name: x1, alias: x }, { name: x2, alias: x } ] }
  - { name: b, base-url: "http://b/v1", prefix: p, priority: 2, models: [ { name: x } ] }
`)
    expect(route(table, 'p/x')).toBe('b/x, a/x1 | a/x2')
    expect(route(table, 'x')).toBe('not found')
  })

  test('a provider is never called as a prefix or as the beginning of a model', () => {
    const { table } = taken(`
openai-compatibility:
  - { name: openai, base-url: "http://a/v1", models: [ { name: own } ] }
  - { name: other, base-url: "http://b/v1", models: [ { name: openai/gpt-5 } ], prefix: own }
`)
    expect(route(table, 'openai/gpt-5')).toBe('other/openai/gpt-5')
    expect(route(table, 'own/openai/gpt-5')).toBe('other/openai/gpt-5')
    expect(route(table, 'own')).toBe('openai-2/own')
  })

  test('only accounts: what is written stands, with a note that no provider can answer yet', () => {
    const only = imported(
      'config.yaml',
      'auth-dir: auths\noauth-model-alias: { claude: [ { name: a, alias: b } ] }\n',
      {
        folder: join(importFixtures, 'auths'),
        cwd: importFixtures,
      },
    )
    // The broken files and the service accounts aside.
    expect([...only.table.providers.keys()]).toEqual(['vertex', 'vertex-2'])
    expect(only.about('oauth-model-alias.claude')).toContain('accounts')
  })

  test('a wrong address, a key without one and a mapping to no model leave nothing half', () => {
    const { table, notes, unknown } = taken(`
gemini-api-key: [ { base-url: "https://a", models: [ { name: m } ] }, { api-key: k, base-url: "::" } ]
openai-compatibility: [ { name: a }, { name: b, base-url: nonsense } ]
ampcode: { model-mappings: [ { from: a, to: nobody } ] }
`)
    expect([...table.providers.keys()]).toEqual(['echo'])
    expect(unknown).toEqual([])
    const said = notes.map(note => `${note.about}: ${note.text}`).join('\n')
    for (const words of [
      'gemini-api-key[0]: has no api-key',
      'gemini-api-key[1].base-url: is no http or https address',
      'openai-compatibility[].base-url'.replace('[]', '[0]'),
      'aliases.a.to (from ampcode.model-mappings[0]): left out',
    ])
      expect(said).toContain(words)
  })

  test.each([
    ['^gpt-5$', 'gpt-5'],
    ['gpt', '*gpt*'],
    ['^claude-.*-haiku', 'claude-*-haiku*'],
    ['^claude-3\\.5', 'claude-3.5*'],
    ['^a/b', 'a/b*'],
    ['gpt-(4|5)', undefined],
    ['^gpt-\\d', undefined],
    ['a\\*b', undefined],
  ])('the pattern %s is the glob %s', (pattern, glob) => {
    const { routes } = taken(
      JSON.stringify({
        'gemini-api-key': [{ 'api-key': 'k' }],
        ampcode: { 'model-mappings': [{ from: pattern, to: 'gemini-2.5-pro', regex: true }] },
      }),
    )
    expect(Object.keys(routes.aliases ?? {})).toEqual(glob === undefined ? [] : [glob])
  })
})
