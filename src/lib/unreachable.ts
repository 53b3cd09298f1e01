/** Marks a case the types rule out. Reached only if a cast lied. */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`)
}
