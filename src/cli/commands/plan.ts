import { planChanges } from '../../gateway/plan.ts'
import { requestedBefore } from '../../gateway/requested-names.ts'
import { command } from '../arguments.ts'
import { compiledFile, compiledRoutes } from '../load-routes.ts'
import { fromState } from '../local-state.ts'

const HELP = `usage: jackfield plan NEW.yaml [--routes FILE] [--json]

Says in words what would change with NEW.yaml in force instead of FILE (the one that is served): which
names lead elsewhere, for whom, which lead nowhere any more, which providers come and go. The names that
were asked for lately are tried with both. Nothing is changed. Exit code 1 when NEW.yaml has errors.
`

const OPTIONS = {
  routes: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const REMEDY = 'give the path of a routes.yaml'

const USAGE = {
  name: 'plan',
  help: HELP,
  options: OPTIONS,
  argument: 'file',
  required: true,
} as const

export const run = command(USAGE, ({ values, positionals }, io) => {
  const [file = ''] = positionals
  const now = compiledRoutes('plan', values.routes, REMEDY, io)
  const next = compiledFile('plan', file, REMEDY, io)
  if (!now || !next) return 1
  const changes = planChanges(now, next, fromState(io, requestedBefore) ?? [])
  if (values.json) {
    io.stdout(`${JSON.stringify(changes, null, 2)}\n`)
    return 0
  }
  for (const { text } of changes) io.stdout(`${text}\n`)
  const gone = changes.filter(({ kind }) => kind === 'gone').length
  const moved = changes.filter(({ kind }) => kind === 'moves').length
  io.stdout(
    changes.length === 0
      ? 'nothing would change\n'
      : `${moved} lead elsewhere, ${gone} lead nowhere any more, ${changes.length} changes in all\n`,
  )
  return 0
})
