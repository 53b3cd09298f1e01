import { didYouMean } from '../../lib/nearest.ts'
import { splitAddress } from '../../routing/address.ts'
import { CLIENTS, type Facts, isClient, sampleFacts } from '../../routing/facts.ts'
import type { Resolution, RoutingTable } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Document } from '../schema/routes.ts'
import type { Broken } from '../schema/valid-parts.ts'

type Tested = Pick<RoutingTable, 'resolve' | 'providers'> & {
  /** With every key set. */
  switchedOn(asked: string, facts: Facts): Resolution
  /** What is left out for mistakes of its own. */
  broken: Broken
}

/**
 * The file's own `tests`: what each name must lead to first. Where only an unset key is in the way,
 * the routes are right and the machine is not: that is a warning.
 */
export function runTests(
  document: Document,
  { resolve, providers, switchedOn, broken }: Tested,
  report: Report,
): void {
  const sound = !report.failed()
  for (const [index, { ask, expect, client }] of (document.tests ?? []).entries()) {
    if (client !== undefined && !isClient(client)) {
      report.error(
        ['tests', index, 'client'],
        `there is no client "${client}"`,
        didYouMean(client, [...CLIENTS]) ?? `known: ${CLIENTS.join(', ')}`,
      )
      continue
    }
    const unexpected = unexpectable(expect, providers, broken)
    if (unexpected) {
      const path = ['tests', index, 'expect']
      report.error(path, unexpected.message, unexpected.hint)
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
        `not tested: what models ${asked} has is not known yet`,
        'try again when it was reached once',
      )
      continue
    }
    const instead = got.length > 0 ? got.join(' or ') : 'no provider that can serve now'
    const message = `"${ask}" leads to ${instead}, not to ${expect}`
    if (firstTargets(switchedOn(ask, facts)).includes(expect))
      report.warn(
        ['tests', index],
        `${message}, whose provider is switched off`,
        'set its key to try this test',
      )
    else report.error(['tests', index], message, 'mend the routes or the test')
  }
}

/** What is wrong with an expectation that nothing can meet. */
function unexpectable(
  expect: string,
  providers: RoutingTable['providers'],
  broken: Broken,
): { message: string; hint: string } | undefined {
  if (expect === 'not-found') return undefined
  const head = splitAddress(expect)?.head
  const known = [...providers.keys(), ...broken.providers]
  if (head === undefined)
    return {
      message: `expected provider/model or not-found, not "${expect}"`,
      hint: didYouMean(expect, ['not-found']) ?? 'write provider/model',
    }
  if (broken.anyProvider || known.includes(head)) return undefined
  return {
    message: `no provider named "${head}"`,
    hint: didYouMean(head, known) ?? `declared: ${known.join(', ') || 'none'}`,
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
