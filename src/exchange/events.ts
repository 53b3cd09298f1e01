import type { ProtocolId, Usage } from '../conversation/index.ts'
import type { ClientName } from '../routing/facts.ts'
import type { TraceLine } from '../routing/table.ts'

/** What became of one candidate for a request, as it was decided. */
export type Decision = {
  target: string
  credential?: string
  verdict: 'passed over' | 'cooling down' | 'failed' | 'served'
  reason?: string
  /** Of the file: what passed it over, else where the target is named. */
  line: number
}

/** A request that is over: who asked for what, how that was resolved, and who was tried. */
export type RecentExchange = {
  id: string
  atMs: number
  ms: number
  caller: string
  client: ClientName
  protocol: ProtocolId
  asked: string
  route: string
  /** How the name was resolved, rule by rule. */
  rules: readonly TraceLine[]
  decisions: readonly Decision[]
  status: number
  usage: Usage
  /** The upstream did not report all of the usage. */
  estimated?: boolean
  /** Absent: nobody knows, or nobody asked. */
  usd?: number
  losses: number
  /** Why it failed. */
  error?: string
}

/** The last exchanges, newest first; in memory, without anything that was said in them. */
export interface Recent {
  record(exchange: RecentExchange): void
  list(): RecentExchange[]
  find(id: string): RecentExchange | undefined
}
