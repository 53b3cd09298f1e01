import { names, type Row } from '../rows.ts'

const DISGUISE = 'no client is disguised as another here; requests carry jackfield’s own name'
const ACCOUNT = 'goes with accounts, which come with a later version; leave auth-dir as it is'
const IMAGES =
  'images are asked for as the client asks; /v1/images/* goes to a provider of OpenAI’s family'
const OTHER = 'belongs to a part of CLIProxyAPI that has no counterpart here'

/** Settings that are not taken over, with the reason of each. */
export const LEFT_BEHIND: readonly Row[] = [
  {
    from: 'max-retry-credentials',
    dropped:
      'each round asks everyone who may serve; lower policy.request-retry if that is too much',
  },
  {
    from: 'nonstream-keepalive-interval',
    dropped:
      'nothing is sent before a reply that is no stream; give the client a longer timeout, or let it stream',
  },
  { from: 'pprof', dropped: 'there is no profiler to connect to' },
  { from: 'plugins', dropped: 'there are no plugins' },
  {
    from: 'home',
    dropped: 'there is no central configuration; keep routes.yaml where you keep other settings',
  },
  {
    from: 'interactions-api-key',
    dropped:
      'Gemini’s Interactions API is not spoken here; the same keys work as a provider of kind gemini',
  },
  { from: 'oauth-request-scoped-errors', dropped: ACCOUNT },
  {
    from: names('claude-header-defaults codex-header-defaults codex.identity-confuse'),
    dropped: DISGUISE,
  },
  { from: 'codex.live-media-relay', dropped: 'Codex’s live audio is not relayed here' },
  {
    from: 'codex.optimize-multi-agent-v2',
    dropped: 'requests of several agents go as the client wrote them',
  },
  { from: 'xai.inject-x-search', dropped: 'no tool is added to what the client asks for' },
  { from: names('gpt-image-2-base-model disable-image-generation'), dropped: IMAGES },
  {
    from: 'ampcode.upstream-api-keys',
    dropped: 'one key serves all callers (amp.upstream-api-key)',
  },
  { from: 'force-gpt-5-codex', dropped: 'write it as an entry of force: { gpt-5: gpt-5-codex }' },
  {
    from: 'gemini-web',
    dropped: 'Gemini’s web page is not used as an API; take a key of kind gemini',
  },
  {
    from: 'enable-gemini-cli-endpoint',
    dropped: 'Gemini CLI is answered under /v1beta; set GOOGLE_GEMINI_BASE_URL',
  },
  {
    from: names(`
    remote-management.disable-auto-update-panel
    remote-management.panel-github-repository`),
    unneeded: 'nothing is fetched from elsewhere at run time',
  },
  {
    from: 'quota-exceeded.switch-project',
    unneeded: 'nothing read it; the next credential is tried anyway',
  },
  {
    from: 'quota-exceeded.switch-preview-model',
    unneeded: 'nothing read it; write a list under models for that',
  },
  { from: 'quota-exceeded.antigravity-credits', unneeded: ACCOUNT },
  { from: 'video-result-auth-cache-ttl', unneeded: 'videos are not relayed here' },
  {
    from: 'passthrough-headers',
    unneeded: 'the headers of a reply that goes through as it is always go on to the client',
  },
  { from: 'redis-usage-queue-retention-seconds', unneeded: 'there is no queue to read usage from' },
  { from: 'ws-auth', unneeded: 'WebSockets need a key wherever there are keys' },
  { from: 'commercial-mode', unneeded: 'nothing costly runs beside a request' },
  { from: 'auth-auto-refresh-workers', unneeded: ACCOUNT },
  {
    from: names(`
    disable-claude-cloak-mode claude-code.disable-cloaking-model-list
    codex.disable-codex-cloaking`),
    unneeded: DISGUISE,
  },
  {
    from: 'codex.stream-bootstrap-buffering',
    unneeded: 'nothing goes down before the first word, so failover is always possible',
  },
  {
    from: 'streaming.bootstrap-retries',
    unneeded: 'until the first word the next one is tried anyway (policy.request-retry)',
  },
  {
    from: names(`
    antigravity-signature-cache-enabled antigravity-signature-bypass-strict
    antigravity`),
    unneeded: ACCOUNT,
  },
  { from: 'codex-instructions-enabled', unneeded: DISGUISE },
  { from: names('credential-concurrency credential-in-flight'), unneeded: OTHER },
]
