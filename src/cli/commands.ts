import type { CommandEntry } from './terminal.ts'

/** By name, in the order in which they are listed. A new command is a file and an entry here. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: {
    usage: 'serve',
    summary: 'start the gateway (the default)',
    load: () => import('./commands/serve.ts'),
  },
  check: {
    usage: 'check [FILE]',
    summary: 'say everything that is wrong with routes.yaml; exit code 1 on errors',
    load: () => import('./commands/check.ts'),
  },
  explain: {
    usage: 'explain NAME',
    summary: 'how a model name resolves, rule by rule',
    load: () => import('./commands/explain.ts'),
  },
  plan: {
    usage: 'plan NEW.yaml',
    summary: 'what would change with it in force',
    load: () => import('./commands/plan.ts'),
  },
  routes: {
    usage: 'routes',
    summary: 'every path that is served, and who may call',
    load: () => import('./commands/routes.ts'),
  },
  key: {
    usage: 'key NAME',
    summary: 'make an API key and write its hash into routes.yaml',
    load: () => import('./commands/key.ts'),
  },
  login: {
    usage: 'login VENDOR',
    summary: 'sign in with an account: claude, codex, gemini, qwen, kimi or xai',
    load: () => import('./commands/login.ts'),
  },
  accounts: {
    usage: 'accounts',
    summary:
      'the signed-in accounts, and what each is good for; "accounts import FILE…" copies some',
    load: () => import('./commands/accounts.ts'),
  },
  logout: {
    usage: 'logout LABEL',
    summary: 'remove a signed-in account from this machine',
    load: () => import('./commands/logout.ts'),
  },
  usage: {
    usage: 'usage',
    summary: 'what was used and what it cost, by key, model, provider or day',
    load: () => import('./commands/usage.ts'),
  },
  schema: {
    usage: 'schema',
    summary: 'print the JSON Schema of routes.yaml',
    load: () => import('./commands/schema.ts'),
  },
  init: {
    usage: 'init [FILE]',
    summary: 'write a commented routes.yaml to start from',
    load: () => import('./commands/init.ts'),
  },
  import: {
    usage: 'import FILE',
    summary: 'write one from CLIProxyAPI, claude-code-proxy, claude-code-router or LiteLLM',
    load: () => import('./commands/import.ts'),
  },
  version: {
    usage: 'version',
    summary: 'print the version',
    load: () => import('./commands/version.ts'),
  },
  help: {
    usage: 'help [COMMAND]',
    summary: 'print this, or what a command takes',
    load: async () => ({ run: (await import('./commands/help.ts')).helpOn(COMMANDS) }),
  },
}
