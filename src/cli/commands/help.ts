import { command, HELP_ONLY } from '../arguments.ts'
import type { Command, CommandEntry } from '../terminal.ts'

/** Columns before the summaries. */
const USAGE_WIDTH = 17

function helpText(commands: Readonly<Record<string, CommandEntry>>): string {
  const list = Object.values(commands)
    .map(({ usage, summary }) => `  ${usage.padEnd(USAGE_WIDTH)}${summary}`)
    .join('\n')
  return `jackfield: any coding agent, any model, one file

usage: jackfield [serve] [--routes FILE] [--host H] [--port N]
       jackfield COMMAND [--help]

commands
${list}

Without --routes or JACKFIELD_ROUTES, ./routes.yaml is used, else ~/.config/jackfield/routes.yaml (or
where this platform keeps settings); without any of them the built-in one, which serves whatever keys are set (ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, OPENROUTER_API_KEY)
and the built-in echo model if none is.
`
}

export function helpOn(commands: Readonly<Record<string, CommandEntry>>): Command {
  const help = helpText(commands)
  return command({ name: 'help', help, options: HELP_ONLY }, (_, io) => {
    io.stdout(help)
    return 0
  })
}
