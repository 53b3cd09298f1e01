/** Where something is in a document: keys and indices, from the outside in. */
export type Path = readonly (string | number)[]

/** As a user writes it: `models.coder[1]`, `aliases."claude-3-*"`. */
export function pathText(path: Path): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else text += `${text ? '.' : ''}${/^[\w-]+$/.test(segment) ? segment : JSON.stringify(segment)}`
  }
  return text
}
