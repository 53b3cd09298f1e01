/** Which of a client's tools does what the scripted model has in mind, and with what input. */
import type { Call, Tool } from './dialect.ts'
import { type Json, record, strings } from './json.ts'

const WRITER = /^(?:write|write_?file|create_?file)$/i
const SHELL = /^(?:bash|shell|local_shell|exec_command|run_shell_command|shell_command)$/i

/** Writes a file by whatever tool the client has for it. */
export function writeCall(tools: Tool[], path: string, content: string): Call | undefined {
  const named = (pattern: RegExp) => tools.find(tool => pattern.test(bareName(tool)))
  const writer = named(WRITER)
  if (writer) return { tool: writer, input: fileArguments(writer, path, content) }
  const patch = named(/^apply_patch$/)
  if (patch) return { tool: patch, input: freeText(patch, patchFor(path, content)) }
  return shellCall(tools, commandFor(path, content))
}

/** Runs a command in the client's shell. */
export function shellCall(tools: Tool[], command: string): Call | undefined {
  const named = (pattern: RegExp) => tools.find(tool => pattern.test(bareName(tool)))
  const exec = named(/^exec$/)
  if (exec) return { tool: exec, input: freeText(exec, scriptFor(command)) }
  const shell = named(SHELL)
  return shell && { tool: shell, input: shellArguments(shell, command) }
}

/** Looks at a picture. */
export function lookCall(tools: Tool[], path: string): Call | undefined {
  const tool =
    tools.find(one => /^view_image$/.test(bareName(one))) ??
    tools.find(one => /^read(_file)?$/i.test(bareName(one)))
  const name = tool && propertyNames(tool).find(one => /path/i.test(one))
  return tool && name ? { tool, input: filled(tool, { [name]: path }) } : undefined
}

/** Has a sub-agent do something. */
export function delegateCall(tools: Tool[], prompt: string): Call | undefined {
  const tool = tools.find(one => /^(task|agent)$/i.test(bareName(one)))
  if (!tool || !propertyNames(tool).includes('prompt')) return undefined
  // Claude Code and Qwen Code write the tool's name large, and call it "general-purpose".
  const general = /^[A-Z]/.test(bareName(tool)) || tool.name === 'agent'
  const kind = propertyNames(tool).includes('subagent_type')
    ? { subagent_type: general ? 'general-purpose' : 'general' }
    : {}
  return { tool, input: filled(tool, { prompt, ...kind }) }
}

/** Without the namespace that a gateway puts in front where a protocol has none. */
const bareName = ({ name }: Tool): string => name.replace(/^functions(?:__|[._:-])/, '')

const commandFor = (path: string, content: string): string => `printf %s '${content}' > '${path}'`
const patchFor = (path: string, content: string): string =>
  `*** Begin Patch\n*** Add File: ${path}\n+${content}\n*** End Patch\n`
/** Codex's `exec` runs JavaScript that calls its other tools. */
const scriptFor = (command: string): string =>
  `const r = await tools.exec_command(${JSON.stringify({ cmd: command })});\ntext(r);\n`

const propertyNames = (tool: Tool): string[] => Object.keys(record(tool.schema.properties))

/** A custom tool's input as it is; as the only member where a gateway made a function of it. */
function freeText(tool: Tool, text: string): Json | string {
  if (tool.custom) return text
  return { [propertyNames(tool)[0] ?? 'input']: text }
}

/** By the names that clients give a path and a text. */
function fileArguments(tool: Tool, path: string, content: string): Json {
  const pathName = propertyNames(tool).find(name => /path/i.test(name)) ?? 'path'
  return filled(tool, { [pathName]: path, content })
}

function shellArguments(tool: Tool, command: string): Json {
  const name = propertyNames(tool).find(one => /^(?:cmd|command)$/.test(one)) ?? 'command'
  const wanted = record(record(tool.schema.properties)[name]).type
  const words = String(wanted).toLowerCase() === 'array' ? ['bash', '-c', command] : command
  return filled(tool, { [name]: words })
}

/** Gives whatever else is required some value of its type. */
function filled(tool: Tool, given: Json): Json {
  const input = { ...given }
  for (const name of strings(tool.schema.required)) {
    if (name in input) continue
    const type = String(record(record(tool.schema.properties)[name]).type).toLowerCase()
    input[name] = type === 'boolean' ? false : type === 'string' ? 'scripted' : 1
  }
  return input
}
