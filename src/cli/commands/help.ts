import { HELP_ONLY, readArguments } from '../arguments.ts'
import type { CommandEntry, Io } from '../terminal.ts'

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

export async function help(
  commands: Readonly<Record<string, CommandEntry>>,
  args: readonly string[],
  io: Io,
): Promise<number> {
  const text = helpText(commands)
  const asked = readArguments({ name: 'help', help: text, options: HELP_ONLY }, args, io)
  if ('exit' in asked) return asked.exit
  io.stdout(text)
  return 0
}
