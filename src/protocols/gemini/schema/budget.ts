/**
 * How much lowered schemas may hold. References that branch (thirty definitions that each use the
 * next one twice) would otherwise be written out a billion times.
 */
export class Budget {
  /** Something was left out. */
  cut = false
  private left: number
  private readonly shared: Budget | undefined

  /** `shared`: what several schemas of a request draw on besides. */
  constructor(units: number, shared?: Budget) {
    this.left = units
    this.shared = shared
  }

  /** Takes so many units; false once too few are left, and from then on always. */
  spend(units: number): boolean {
    this.left = this.left >= units ? this.left - units : -1
    const granted = this.left >= 0 && this.shared?.spend(units) !== false
    if (!granted) this.cut = true
    return granted
  }
}

/** A node, ten members copied or 200 characters of text each cost one unit. */
const CHARACTERS_A_UNIT = 200
const MEMBERS_A_UNIT = 10

export function unitsOfText(text: string): number {
  return Math.floor(text.length / CHARACTERS_A_UNIT)
}

export function unitsOfMembers(count: number): number {
  return 1 + Math.floor(count / MEMBERS_A_UNIT)
}
