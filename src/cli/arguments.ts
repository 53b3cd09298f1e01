import { type ParseArgsConfig, parseArgs } from 'node:util'
import { didYouMean } from '../lib/nearest.ts'
import { type Command, type Io, refuse } from './terminal.ts'

type Options = NonNullable<ParseArgsConfig['options']> & { readonly help: { type: 'boolean' } }
export type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>

type Read<O extends Options> = Parsed<O> | { exit: number }

/** What a command takes. */
type Usage<O extends Options> = {
  name: string
  help: string
  options: O
  /** What it may be given one of besides options, such as "file". */
  argument?: string
  /** Whether it does nothing without that. */
  required?: boolean
  /** Whether it takes any number of them. */
  several?: boolean
}

/** For commands that take nothing else. */
export const HELP_ONLY = { help: { type: 'boolean', short: 'h' } } as const

/**
 * A command's arguments. Whatever it does not know is an error, and never ignored. `exit`: nothing is
 * left to do, since the help or what is wrong is printed.
 */
function readArguments<const O extends Options>(
  usage: Usage<O>,
  args: readonly string[],
  io: Io,
): Read<O> {
  const { name, help, options, argument, required } = usage
  const problem = problemWith(usage, args)
  if (problem !== undefined) return { exit: refuse(name, problem, io, help) }
  const parsed = parseArgs({ args: [...args], options, allowPositionals: true })
  const values: { help?: unknown } = parsed.values
  if (values.help === true) {
    io.stdout(help)
    return { exit: 0 }
  }
  if (required && !parsed.positionals[0])
    return { exit: refuse(name, `which ${argument}?`, io, help) }
  return parsed as Parsed<O>
}

/** A command that is called with the arguments that it takes, and with no others. */
export function command<const O extends Options>(
  usage: Usage<O>,
  work: (given: Parsed<O>, io: Io) => number | Promise<number>,
): Command {
  return async (args, io) => {
    const given = readArguments(usage, args, io)
    return 'exit' in given ? given.exit : work(given, io)
  }
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]

/** Undefined: there is none. */
function problemWith<const O extends Options>(
  { options, argument, several = false }: Usage<O>,
  args: readonly string[],
): string | undefined {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  let room = argument !== undefined
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (!room)
        return argument === undefined
          ? `it takes no argument such as "${token.value}"`
          : `one ${argument} at a time, not "${token.value}" too`
      room = several
    }
    const problem = token.kind === 'option' && optionProblem(token, options)
    if (problem) return problem
  }
  return undefined
}

function optionProblem(
  { name, rawName, value, inlineValue }: Extract<Token, { kind: 'option' }>,
  options: Options,
): string | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (!option) {
    const known = Object.keys(options).map(option => `--${option}`)
    const hint = didYouMean(rawName, known) ?? `there are ${known.join(', ')}`
    return `unknown option '${rawName}' (${hint})`
  }
  if (option.type === 'boolean')
    return value === undefined ? undefined : `${rawName} takes no value`
  // What looks like an option was hardly meant as a value; "-" alone is one.
  const missing = value === undefined || (!inlineValue && /^-./.test(value))
  return missing ? `${rawName} wants a value` : undefined
}
