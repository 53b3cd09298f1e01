type Named = { atMs: number; asked: string; model: string }

const DAY_MS = 86_400_000
/** Asked names with what was served for them, a day. */
const MAX_NAMES = 2_000
const LONGEST = 200
const OTHERS = '(others)'

/**
 * Under globs the names of models are the clients' to choose. The first of a day are kept apart;
 * what comes after is counted together, so that no client makes the file grow without end.
 */
export function createNames() {
  const seen = new Set<string>()
  let day = 0
  return <Entry extends Named>(entry: Entry): Entry => {
    const today = Math.floor(entry.atMs / DAY_MS)
    if (today !== day) seen.clear()
    day = today
    const asked = entry.asked.slice(0, LONGEST)
    const model = entry.model.slice(0, LONGEST)
    const key = `${asked}\t${model}`
    if (!seen.has(key) && seen.size >= MAX_NAMES) return { ...entry, asked: OTHERS, model: OTHERS }
    seen.add(key)
    const asIs = asked === entry.asked && model === entry.model
    return asIs ? entry : { ...entry, asked, model }
  }
}
