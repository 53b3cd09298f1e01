/** The known names most like a wrong one, best first; none that are too far off to be meant. */
export function nearest(wrong: string, known: Iterable<string>, most = 1): string[] {
  // Of a name that is changed altogether nothing is left.
  const limit = Math.min(Math.max(2, Math.floor(wrong.length / 3)), wrong.length - 1)
  const ranked: { name: string; distance: number }[] = []
  for (const name of known) {
    if (Math.abs(name.length - wrong.length) > limit && !name.includes(wrong)) continue
    const distance = name.toLowerCase().startsWith(wrong.toLowerCase())
      ? 1
      : editDistance(wrong.toLowerCase(), name.toLowerCase())
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

/** Changes, insertions, removals, and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(
        (above[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (above[j - 1] ?? 0) + (same ? 0 : 1),
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = above
    above = row
  }
  return above[b.length] ?? 0
}
