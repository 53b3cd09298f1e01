/** Longer names are not corrected. */
const MAX_NAME_LENGTH = 100
/** A name with more changes than this is a different one. */
const MAX_DISTANCE = 8

/** The known names most like a wrong one, best first; none that are too far off to be meant. */
export function nearest(wrong: string, known: Iterable<string>, most = 1): string[] {
  if (wrong.length > MAX_NAME_LENGTH) return []
  // Some of the name must be left.
  const limit = Math.min(Math.max(2, Math.floor(wrong.length / 3)), wrong.length - 1, MAX_DISTANCE)
  const lower = wrong.toLowerCase()
  const ranked: { name: string; distance: number }[] = []
  for (const name of known) {
    if (Math.abs(name.length - wrong.length) > limit && !name.includes(wrong)) continue
    const folded = name.toLowerCase()
    const distance = folded.startsWith(lower) ? 1 : editDistance(lower, folded, limit)
    if (distance <= limit) ranked.push({ name, distance })
  }
  return ranked
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(({ name }) => name)
}

/** `did you mean "x"?`, or undefined. */
export function didYouMean(wrong: string, known: Iterable<string>): string | undefined {
  const [best] = nearest(wrong, known)
  return best === undefined ? undefined : `did you mean "${best}"?`
}

/** A file with more wrong names than this has one mistake many times. */
const MAX_SEARCHES = 100

/** `known` is made only where a name is looked up. */
export type Suggest = (wrong: string, known: () => Iterable<string>) => string | undefined

/** `didYouMean` for the first hundred wrong names of a file. */
export function createSuggest(): Suggest {
  let searches = 0
  return (wrong, known) => (searches++ < MAX_SEARCHES ? didYouMean(wrong, known()) : undefined)
}

/**
 * The known name that a wrong one was hardly meant to differ from: a letter or two. Names with other
 * numbers in them are other versions, and no slips.
 */
export function nearMiss(wrong: string, known: Iterable<string>): string | undefined {
  if (wrong.length > MAX_NAME_LENGTH) return undefined
  const limit = Math.min(2, Math.floor(wrong.length / 4))
  const numbers = numbersIn(wrong)
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    if (Math.abs(name.length - wrong.length) > limit || numbersIn(name) !== numbers) continue
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase(), limit)
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { name, distance }
  }
  return best?.name
}

function numbersIn(name: string): string {
  return name.match(/\d+/g)?.join(' ') ?? ''
}

/** Of the longest name that is looked up, and as much longer as a known one may be. */
const ROW = MAX_NAME_LENGTH + MAX_DISTANCE + 1
const FAR = ROW

/**
 * Changes, insertions, removals, and swaps of neighbours, as far as the limit: what is beyond is
 * more than it. The work is a name's length times the limit.
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return FAR
  let [before, above, row] = [new Uint8Array(ROW), new Uint8Array(ROW), new Uint8Array(ROW)]
  for (let j = 0; j <= b.length; j++) above[j] = j
  for (let i = 1; i <= a.length; i++) {
    row.fill(FAR)
    row[0] = i
    let least = i
    for (let j = Math.max(1, i - limit); j <= Math.min(b.length, i + limit); j++) {
      const same = a[i - 1] === b[j - 1]
      const replaced = at(above, j - 1) + (same ? 0 : 1)
      let cost = Math.min(at(above, j) + 1, at(row, j - 1) + 1, replaced)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(before, j - 2) + 1)
      row[j] = cost
      least = Math.min(least, cost)
    }
    // A swap may still save one.
    if (least > limit + 1) return FAR
    ;[before, above, row] = [above, row, before]
  }
  return at(above, b.length)
}

function at(row: Uint8Array, index: number): number {
  return row[index] ?? FAR
}
