import type { JsonValue } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'

/** One change to the data of a YAML text. A path names members by text and list elements by number. */
export type Edit =
  /** Puts a value there; members that lead to it are made where they are missing. */
  | { op: 'set'; path: Path; value: JsonValue }
  | { op: 'remove'; path: Path }
  /** Adds to the end of the list at the path, which is made where it is missing. */
  | { op: 'append'; path: Path; value: JsonValue }
  /** Puts an element before the one at the path. */
  | { op: 'insert'; path: Path; value: JsonValue }

/** `problem`: why it cannot be done, and what to do instead; never a value of the text. */
export type Edited = { ok: true; text: string } | { ok: false; problem: string }

/** Inside this folder: an edit that cannot be done. */
export class Refused extends Error {}
