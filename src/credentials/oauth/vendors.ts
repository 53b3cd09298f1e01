import type { OAuthVendor } from './vendor.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The claim of OpenAI's id tokens that describes the ChatGPT account. */
const CHATGPT = 'https://api.openai.com/auth'

/**
 * The vendors that can be signed in to. Client ids are those that the vendors' own command-line
 * tools ship; endpoints and scopes as of August 2026.
 */
export const VENDORS: readonly OAuthVendor[] = [
  {
    name: 'claude',
    title: 'Claude',
    kind: 'claude-oauth',
    fileType: 'claude',
    clientId: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
    clientAuthentication: 'none',
    scopes: [
      'user:profile',
      'user:inference',
      'user:sessions:claude_code',
      'user:mcp_servers',
      'user:file_upload',
    ],
    tokenBody: 'json',
    tokenUrl: 'https://platform.claude.com/v1/oauth/token',
    browser: {
      authorizeUrl: 'https://claude.ai/oauth/authorize',
      redirectPort: 54545,
      redirectPath: '/callback',
      redirectParameter: 'redirect_uri',
      pkce: true,
      parameters: { code: 'true' },
      stateInExchange: true,
    },
    refreshLeadMs: 4 * HOUR_MS,
    identity: { from: 'token-reply', path: ['account', 'email_address'] },
    file: {
      labelMember: 'email',
      fixed: {},
      fromReply: {
        account_uuid: ['account', 'uuid'],
        organization_uuid: ['organization', 'uuid'],
        organization_name: ['organization', 'name'],
      },
      deviceId: false,
    },
  },
  {
    name: 'codex',
    title: 'ChatGPT',
    kind: 'codex-oauth',
    fileType: 'codex',
    clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
    clientAuthentication: 'none',
    scopes: ['openid', 'email', 'profile', 'offline_access'],
    tokenBody: 'form',
    tokenUrl: 'https://auth.openai.com/oauth/token',
    browser: {
      authorizeUrl: 'https://auth.openai.com/oauth/authorize',
      redirectPort: 1455,
      redirectPath: '/auth/callback',
      redirectParameter: 'redirect_uri',
      pkce: true,
      parameters: {
        prompt: 'login',
        id_token_add_organizations: 'true',
        codex_cli_simplified_flow: 'true',
      },
      stateInExchange: false,
    },
    refreshParameters: { scope: 'openid profile email' },
    refreshLeadMs: 5 * DAY_MS,
    identity: { from: 'id-token' },
    file: {
      labelMember: 'email',
      fixed: {},
      fromReply: {},
      fromIdToken: { account_id: [CHATGPT, 'chatgpt_account_id'] },
      nameClaims: {
        account: [CHATGPT, 'chatgpt_account_id'],
        plan: [CHATGPT, 'chatgpt_plan_type'],
      },
      deviceId: false,
    },
  },
  {
    name: 'gemini',
    title: 'Google',
    kind: 'gemini-cli',
    fileType: 'gemini',
    clientId: '681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com',
    clientSecretVariable: 'GEMINI_CLI_CLIENT_SECRET',
    clientAuthentication: 'body',
    scopes: [
      'https://www.googleapis.com/auth/cloud-platform',
      'https://www.googleapis.com/auth/userinfo.email',
      'https://www.googleapis.com/auth/userinfo.profile',
    ],
    tokenBody: 'form',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    browser: {
      authorizeUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
      redirectPort: 8085,
      redirectPath: '/oauth2callback',
      redirectParameter: 'redirect_uri',
      pkce: false,
      parameters: { access_type: 'offline', prompt: 'consent' },
      stateInExchange: false,
    },
    refreshLeadMs: 5 * MINUTE_MS,
    identity: {
      from: 'url',
      url: 'https://www.googleapis.com/oauth2/v1/userinfo?alt=json',
      path: ['email'],
    },
    onboarding: 'code-assist',
    file: {
      labelMember: 'email',
      fixed: {},
      fromReply: {},
      deviceId: false,
      nestedToken: true,
    },
  },
  {
    name: 'qwen',
    title: 'Qwen',
    kind: 'qwen',
    fileType: 'qwen',
    clientId: 'f0304373b74a44d2b584a3fb70ca9e56',
    clientAuthentication: 'none',
    scopes: ['openid', 'profile', 'email', 'model.completion'],
    tokenBody: 'form',
    tokenUrl: 'https://chat.qwen.ai/api/v1/oauth2/token',
    device: {
      url: 'https://chat.qwen.ai/api/v1/oauth2/device/code',
      verifierBytes: 32,
      intervalMs: 5_000,
      limitMs: 5 * MINUTE_MS,
    },
    refreshLeadMs: 20 * MINUTE_MS,
    identity: { from: 'none' },
    file: {
      labelMember: 'email',
      fixed: {},
      fromReply: { resource_url: ['resource_url'] },
      deviceId: false,
    },
  },
  {
    name: 'kimi',
    title: 'Kimi',
    kind: 'kimi',
    fileType: 'kimi',
    clientId: '17e5f671-d194-4dfb-9706-5516cb48c098',
    clientAuthentication: 'none',
    scopes: [],
    tokenBody: 'form',
    tokenUrl: 'https://auth.kimi.com/api/oauth/token',
    device: {
      url: 'https://auth.kimi.com/api/oauth/device_authorization',
      verifierBytes: 0,
      intervalMs: 5_000,
      limitMs: 15 * MINUTE_MS,
    },
    refreshLeadMs: 5 * MINUTE_MS,
    identity: { from: 'none' },
    file: {
      labelMember: 'label',
      fixed: {},
      fromReply: { token_type: ['token_type'], scope: ['scope'] },
      deviceId: true,
    },
  },
  {
    name: 'xai',
    title: 'xAI',
    kind: 'xai-oauth',
    fileType: 'xai',
    clientId: 'b1a00492-073a-47ea-816f-4c329264a828',
    clientAuthentication: 'none',
    scopes: ['openid', 'profile', 'email', 'offline_access', 'grok-cli:access', 'api:access'],
    tokenBody: 'form',
    discoveryUrl: 'https://auth.x.ai/.well-known/openid-configuration',
    device: { verifierBytes: 0, intervalMs: 5_000, limitMs: 30 * MINUTE_MS },
    refreshLeadMs: 5 * MINUTE_MS,
    identity: { from: 'id-token' },
    file: {
      labelMember: 'email',
      fixed: { auth_kind: 'oauth' },
      fromReply: { token_type: ['token_type'] },
      deviceId: false,
    },
  },
]

/** The vendor of a kind, of an account file's `type` or of a name; undefined: there is none. */
export function vendorBy(
  member: 'name' | 'kind' | 'fileType',
  value: string,
): OAuthVendor | undefined {
  return VENDORS.find(vendor => vendor[member] === value)
}
