import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { listKeys, withKey, withoutKey } from '../../config/edit/api-keys.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { newKey } from '../../lib/key-hash.ts'
import { command, type Parsed } from '../arguments.ts'
import { editRoutes } from '../edit-routes.ts'
import { defaultRoutes } from '../routes-location.ts'
import { type Io, refuse } from '../terminal.ts'

const HELP = `usage: jackfield key NAME [--models a,b] [limits] [--routes FILE]
       jackfield key NAME --remove [--routes FILE]

Makes an API key, writes its hash into FILE (the one that is served) and prints the key, this once. Comments
and everything else in FILE stay; FILE as it was is kept beside it. A running gateway takes the key
within a second.

  --models a,b               what it may ask for, globs too (everything)
  --requests-per-minute N
  --tokens-per-day N         such as 2M
  --cost-per-day AMOUNT      such as "5 USD"; models of unknown price are then refused
  --unknown-price allow      they may be asked all the same, and are not counted
  --remove                   takes the key out instead
`

const OPTIONS = {
  models: { type: 'string' },
  'requests-per-minute': { type: 'string' },
  'tokens-per-day': { type: 'string' },
  'cost-per-day': { type: 'string' },
  'unknown-price': { type: 'string' },
  remove: { type: 'boolean' },
  routes: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = Parsed<typeof OPTIONS>['values']

const USAGE = {
  name: 'key',
  help: HELP,
  options: OPTIONS,
  argument: 'name',
  required: true,
} as const

export const run = command(USAGE, ({ values, positionals }, io) => {
  const [name = ''] = positionals
  const named = values.routes ?? defaultRoutes(io)
  const path = resolve(io.cwd, named)
  if (!existsSync(path))
    return refuse('key', `there is no ${named}; "jackfield init ${named}" writes one`, io)
  return values.remove ? remove(named, name, io) : add(named, name, values, io)
})

async function add(file: string, name: string, values: Values, io: Io): Promise<number> {
  const key = newKey()
  const models = values.models?.split(',').map(model => model.trim())
  const entry = { name, models, limits: limitsFrom(values) }
  let first = false
  const done = await editRoutes(
    'key',
    file,
    text => {
      first = listKeys(text).length === 0
      return withKey(text, entry, key)
    },
    io,
  )
  if (!done) return 1
  if (first) io.stderr('this is the first key: from now on every caller needs one\n')
  io.stdout(`${key}\n`)
  return 0
}

async function remove(file: string, name: string, io: Io): Promise<number> {
  let last = false
  const done = await editRoutes(
    'key',
    file,
    text => {
      last = listKeys(text).length === 1
      return withoutKey(text, name)
    },
    io,
  )
  if (!done) return 1
  io.stderr(`the key "${name}" opens nothing any more\n`)
  if (last) io.stderr('this was the last key: now programs on this machine call without one\n')
  return 0
}

/** As routes.yaml has them; whether they are any good is seen when it is compiled. */
function limitsFrom(values: Values): JsonObject {
  const requests = values['requests-per-minute']
  const tokens = values['tokens-per-day']
  const cost = values['cost-per-day']
  const unknown = values['unknown-price']
  return {
    'requests-per-minute': numberOrText(requests),
    'tokens-per-day': numberOrText(tokens),
    'cost-per-day': cost,
    'unknown-price': unknown,
  }
}

function numberOrText(written: string | undefined): number | string | undefined {
  return written !== undefined && /^\d+$/.test(written) ? Number(written) : written
}
