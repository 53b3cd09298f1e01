/** Runs something once, later, and gives what calls it off; a test may have a clock of its own. */
export type After = (ms: number, run: () => void) => () => void

/** Real time. The process does not stay for it. */
export const after: After = (ms, run) => {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}
