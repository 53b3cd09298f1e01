import { droppedRows, type Row, unneededRows } from '../rows.ts'

const DISGUISE = 'no client is disguised as another here; requests carry jackfield’s own name'
const ACCOUNT = 'has no counterpart for accounts in this version; leave auth-dir as it is'
const IMAGES =
  'images are asked for as the client asks; /v1/images/* goes to a provider of OpenAI’s family'
const OTHER = 'belongs to a part of CLIProxyAPI that has no counterpart here'

/** Settings that are not taken over, with the reason of each. */
export const LEFT_BEHIND: readonly Row[] = [
  ...droppedRows({
    'max-retry-credentials':
      'each round asks everyone who may serve; lower policy.request-retry if that is too much',
    'nonstream-keepalive-interval':
      'nothing is sent before a reply that is no stream; give the client a longer timeout, or let it stream',
    pprof: 'there is no profiler to connect to',
    plugins: 'there are no plugins',
    home: 'there is no central configuration; keep routes.yaml where you keep other settings',
    'interactions-api-key':
      'Gemini’s Interactions API is not spoken here; the same keys work as a provider of kind gemini',
    'oauth-request-scoped-errors': ACCOUNT,
    'claude-header-defaults codex-header-defaults codex.identity-confuse': DISGUISE,
    'codex.live-media-relay': 'Codex’s live audio is not relayed here',
    'codex.optimize-multi-agent-v2': 'requests of several agents go as the client wrote them',
    'xai.inject-x-search': 'no tool is added to what the client asks for',
    'gpt-image-2-base-model disable-image-generation': IMAGES,
    'ampcode.upstream-api-keys': 'one key serves all callers (amp.upstream-api-key)',
    'force-gpt-5-codex': 'write it as an entry of force: { gpt-5: gpt-5-codex }',
    'gemini-web': 'Gemini’s web page is not used as an API; take a key of kind gemini',
    'enable-gemini-cli-endpoint':
      'Gemini CLI is answered under /v1beta; set GOOGLE_GEMINI_BASE_URL',
  }),
  ...unneededRows({
    'remote-management.disable-auto-update-panel': 'nothing is fetched from elsewhere at run time',
    'remote-management.panel-github-repository': 'nothing is fetched from elsewhere at run time',
    'quota-exceeded.switch-project': 'nothing read it; the next credential is tried anyway',
    'quota-exceeded.switch-preview-model': 'nothing read it; write a list under models for that',
    'quota-exceeded.antigravity-credits': ACCOUNT,
    'video-result-auth-cache-ttl': 'videos are not relayed here',
    'passthrough-headers':
      'the headers of a reply that goes through as it is always go on to the client',
    'redis-usage-queue-retention-seconds': 'there is no queue to read usage from',
    'ws-auth': 'WebSockets need a key wherever there are keys',
    'commercial-mode': 'nothing costly runs beside a request',
    'auth-auto-refresh-workers': ACCOUNT,
    'disable-claude-cloak-mode claude-code.disable-cloaking-model-list': DISGUISE,
    'codex.disable-codex-cloaking': DISGUISE,
    'codex.stream-bootstrap-buffering':
      'nothing goes down before the first word, so failover is always possible',
    'streaming.bootstrap-retries':
      'until the first word the next one is tried anyway (policy.request-retry)',
    'antigravity-signature-cache-enabled antigravity-signature-bypass-strict': ACCOUNT,
    antigravity: ACCOUNT,
    'codex-instructions-enabled': DISGUISE,
    'credential-concurrency credential-in-flight': OTHER,
  }),
]
