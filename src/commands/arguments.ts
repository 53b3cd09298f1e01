import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { Io } from './io.ts'

type Options = NonNullable<ParseArgsConfig['options']> & { readonly help: { type: 'boolean' } }
type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>

export type Read<O extends Options> = Parsed<O> | { exit: number }

/**
 * A command's arguments; `exit`: all is said already, the help or what is wrong. `positionals`: of
 * those a command may have any number, or none.
 */
export function readArguments<const O extends Options>(
  {
    name,
    help,
    options,
    positionals,
  }: {
    name: string
    help: string
    options: O
    positionals: boolean
  },
  args: readonly string[],
  io: Io,
): Read<O> {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: positionals })
    const values: { help?: unknown } = parsed.values
    if (values.help !== true) return parsed as Parsed<O>
    io.stdout(help)
    return { exit: 0 }
  } catch (error) {
    io.stderr(`jackfield ${name}: ${error instanceof Error ? error.message : error}\n${help}`)
    return { exit: 1 }
  }
}
