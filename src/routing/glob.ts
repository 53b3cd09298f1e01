/** A name pattern in which `*` stands for any run of characters. */
export type Glob = {
  text: string
  /** Characters that are not `*`: the more, the more specific. */
  literal: number
  /** What each `*` stands for, or undefined where the name does not match. */
  match(name: string): readonly string[] | undefined
}

export function isGlob(text: string): boolean {
  return text.includes('*')
}

export function starsIn(text: string): number {
  return text.split('*').length - 1
}

export function compileGlob(text: string): Glob {
  const [first = '', ...rest] = text.split('*')
  const last = rest.pop()
  const literal = text.replaceAll('*', '').length
  if (last === undefined) return { text, literal, match: name => (name === text ? [] : undefined) }
  const between = rest.reverse()
  return { text, literal, match: name => captures(name, { first, between, last }) }
}

/** A pattern with a star at least: what stands before, between (from the end on) and behind them. */
type Literals = { first: string; between: readonly string[]; last: string }

/**
 * The literals at both ends are anchored; those between are searched from the end on, each as far
 * right as it goes, so that the first star takes as much as it can, then the second. Nothing is
 * tried twice, so a long name costs as much as it is long.
 */
function captures(name: string, { first, between, last }: Literals): string[] | undefined {
  if (name.length < first.length + last.length) return undefined
  if (!name.startsWith(first) || !name.endsWith(last)) return undefined
  const found: string[] = []
  let end = name.length - last.length
  for (const literal of between) {
    const at = end < literal.length ? -1 : name.lastIndexOf(literal, end - literal.length)
    if (at < first.length) return undefined
    found.push(name.slice(at + literal.length, end))
    end = at
  }
  found.push(name.slice(first.length, end))
  return found.reverse()
}

/** Puts what the stars stood for into the destination's stars, in order. */
export function fillStars(template: string, captures: readonly string[]): string {
  let next = 0
  return template.replace(/\*/g, () => captures[next++] ?? '')
}
