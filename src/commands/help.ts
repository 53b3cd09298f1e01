import type { Io } from './io.ts'

const HELP = `jackfield: any coding agent, any model, one file

usage: jackfield [serve] [--routes FILE] [--host H] [--port N]
       jackfield COMMAND [--help]

commands
  serve            start the gateway (the default)
  check [FILE]     say everything that is wrong with routes.yaml; exit code 1 on errors
  explain NAME     how a model name resolves, rule by rule
  plan NEW.yaml    what would change with it in force
  key NAME         make an API key and write its hash into routes.yaml
  usage            what was used and what it cost, by key, model, provider or day
  schema           print the JSON Schema of routes.yaml
  init [FILE]      write a commented routes.yaml to start from
  import FILE      write one from CLIProxyAPI, claude-code-proxy, claude-code-router or LiteLLM
  version          print the version
  help             print this

Without --routes, ./routes.yaml is used; without that file, the built-in one, which serves
whatever keys are set (ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, OPENROUTER_API_KEY)
and the built-in echo model if none is.
`

export async function run(_args: readonly string[], io: Io): Promise<number> {
  io.stdout(HELP)
  return 0
}
