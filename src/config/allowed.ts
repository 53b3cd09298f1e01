import { compileGlob } from './glob.ts'
import { splitSuffix } from './suffix.ts'

/** Whether a key with such `models` may ask for a name; without any it may ask for all. */
export function allowedBy(models: readonly string[] | undefined): (asked: string) => boolean {
  if (!models) return () => true
  const globs = models.map(compileGlob)
  const listed = (model: string): boolean => globs.some(glob => glob.match(model))
  // How much a model shall think is nobody's other model.
  return asked => listed(asked) || listed(splitSuffix(asked).name)
}
