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
  const pattern = new RegExp(`^${text.split('*').map(RegExp.escape).join('([\\s\\S]*)')}$`)
  return {
    text,
    literal: text.replaceAll('*', '').length,
    match: name => pattern.exec(name)?.slice(1),
  }
}

/** Puts what the stars stood for into the destination's stars, in order. */
export function fillStars(template: string, captures: readonly string[]): string {
  let next = 0
  return template.replace(/\*/g, () => captures[next++] ?? '')
}
