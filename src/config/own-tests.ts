import type { Document } from './document.ts'
import { CLIENTS, type Facts, isClient, sampleFacts } from './facts.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import type { Resolution, RoutingTable } from './table.ts'
import { targetName } from './target-name.ts'

type Tested = Pick<RoutingTable, 'resolve' | 'providers'> & {
  /** With every key set. */
  switchedOn(asked: string, facts: Facts): Resolution
}

/**
 * The file's own `tests`: what each name must lead to first. Where only an unset key is in the way,
 * the routes are right and the machine is not: that is a warning.
 */
export function runTests(
  document: Document,
  { resolve, providers, switchedOn }: Tested,
  report: Report,
): void {
  const sound = !report.failed()
  for (const [index, { ask, expect, client }] of (document.tests ?? []).entries()) {
    if (client !== undefined && !isClient(client)) {
      report.error(
        ['tests', index, 'client'],
        'value',
        `there is no client "${client}"`,
        didYouMean(client, [...CLIENTS]) ?? `known: ${CLIENTS.join(', ')}`,
      )
      continue
    }
    if (!sound) continue
    const facts = sampleFacts(ask, client ? { client } : {})
    const got = firstTargets(resolve(ask, facts))
    if (got.includes(expect)) continue
    const asked = stillAsked(providers, ask, expect)
    if (asked) {
      report.warn(
        ['tests', index],
        'value',
        `not tested: what models ${asked} has is not known yet`,
        'try again when it was reached once',
      )
      continue
    }
    const instead = got.length > 0 ? got.join(' or ') : 'nobody who can serve now'
    const told = `"${ask}" leads to ${instead}, not to ${expect}`
    if (firstTargets(switchedOn(ask, facts)).includes(expect))
      report.warn(
        ['tests', index],
        'value',
        `${told}, whose provider is switched off`,
        'set its key to try this test',
      )
    else report.error(['tests', index], 'value', told, 'mend the routes or the test')
  }
}

function firstTargets(resolution: Resolution): string[] {
  if (!resolution.found) return ['not-found']
  const members = resolution.route.steps[0]?.members ?? []
  return members.map(targetName)
}

/** The provider that is to serve its own model of that name, if it did not tell its models yet. */
function stillAsked(
  providers: RoutingTable['providers'],
  ask: string,
  expect: string,
): string | undefined {
  const provider = [...providers.values()].find(({ id }) => expect === `${id}/${ask}`)
  return provider?.discovery?.known === false && !provider.excludes(ask) ? provider.id : undefined
}
