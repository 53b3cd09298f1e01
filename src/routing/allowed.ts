import { compileGlob } from './glob.ts'
import { splitSuffix } from './reasoning-suffix.ts'

/**
 * Whether a key with such `models` may ask for a name; without any it may ask for all. How much a
 * model shall think makes it no other model: what counts is the name before the brackets, since
 * that is what is served: `*small*` must not match `big(small)`. A pattern that ends in brackets of
 * its own means names that do.
 */
export function allowedBy(models: readonly string[] | undefined): (asked: string) => boolean {
  if (!models) return () => true
  const globs = models.map(compileGlob)
  const bracketed = globs.filter(({ text }) => text.endsWith(')'))
  return asked => {
    const { name } = splitSuffix(asked)
    return (
      globs.some(glob => glob.match(name)) ||
      (name !== asked && bracketed.some(glob => glob.match(asked)))
    )
  }
}
