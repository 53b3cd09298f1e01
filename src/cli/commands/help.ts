import { HELP_ONLY, readArguments } from '../arguments.ts'
import type { Io } from '../terminal.ts'

const HELP = `jackfield: any coding agent, any model, one file

usage: jackfield [serve] [--routes FILE] [--host H] [--port N]
       jackfield COMMAND [--help]

commands
  serve            start the gateway (the default)
  check [FILE]     say everything that is wrong with routes.yaml; exit code 1 on errors
  explain NAME     how a model name resolves, rule by rule
  plan NEW.yaml    what would change with it in force
  routes           every path that is served, and who may call
  key NAME         make an API key and write its hash into routes.yaml
  usage            what was used and what it cost, by key, model, provider or day
  schema           print the JSON Schema of routes.yaml
  init [FILE]      write a commented routes.yaml to start from
  import FILE      write one from CLIProxyAPI, claude-code-proxy, claude-code-router or LiteLLM
  version          print the version
  help [COMMAND]   print this, or what a command takes

Without --routes or JACKFIELD_ROUTES, ./routes.yaml is used, else ~/.config/jackfield/routes.yaml (or
where this platform keeps settings); without any of them the built-in one, which serves whatever keys are set (ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, OPENROUTER_API_KEY)
and the built-in echo model if none is.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = readArguments({ name: 'help', help: HELP, options: HELP_ONLY }, args, io)
  if ('exit' in asked) return asked.exit
  io.stdout(HELP)
  return 0
}
