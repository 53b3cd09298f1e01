import type { Diagnostic } from '../routing/diagnostic.ts'
import type { Gateway } from './gateway.ts'

/** A gateway with the application built over it. */
export type Snapshot<App> = { gateway: Gateway; app: App }

/** The one mutable reference. An exchange keeps the snapshot it began with. */
export type Live<App> = {
  current: Snapshot<App>
  /** The complaints about an edit that was refused; empty while the file is good. */
  refused: readonly Diagnostic[]
  reloads: number
}
