import type { Policy } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import { POLICY } from '../schema/defaults.ts'
import type { Document } from '../schema/routes.ts'
import { parseDuration } from '../schema/units.ts'

export function readPolicy({ policy = {} }: Document): Policy {
  return {
    requestRetry: policy['request-retry'] ?? POLICY.requestRetry,
    maxRetryIntervalMs: parseDuration(policy['max-retry-interval']) ?? POLICY.maxRetryIntervalMs,
    strategy: policy.strategy ?? POLICY.strategy,
    cooldown: {
      transientMs: parseDuration(policy.cooldown?.transient) ?? POLICY.cooldown.transientMs,
      maxMs: parseDuration(policy.cooldown?.max) ?? POLICY.cooldown.maxMs,
    },
    sessionAffinityMs: durationOrOff(policy['session-affinity'], POLICY.sessionAffinityMs),
    waitingRoomMs: durationOrOff(policy['waiting-room'], POLICY.waitingRoomMs),
    keepaliveMs: parseDuration(policy.keepalive) ?? POLICY.keepaliveMs,
  }
}

/** Switches without effect, which other gateways have: a fallback written down does what they are for. */
export function warnOfSwitches({ policy = {} }: Document, report: Report): void {
  const path = ['policy', 'quota-exceeded']
  const switches = policy['quota-exceeded'] ?? {}
  if (switches['switch-project'])
    report.warn(
      [...path, 'switch-project'],
      'has no effect: API keys have no projects to switch',
      'declare a key of each project; one that is used up makes room for the next',
      'key',
    )
  if (switches['switch-preview-model'])
    report.warn(
      [...path, 'switch-preview-model'],
      'has no effect: no model has a preview of the same name',
      'list the models to fall back on: models: { NAME: [ provider/model, provider/preview ] }',
      'key',
    )
}

function durationOrOff(written: unknown, unsaid: number): number {
  if (written === false || written === 'off') return 0
  return parseDuration(written) ?? unsaid
}
