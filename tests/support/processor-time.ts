/** Milliseconds of processor time, not of the clock: a busy machine must not fail a test. */
export function processorMsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1_000
}

/** The result of work, with the milliseconds of processor time that it took. */
export function measured<Result>(work: () => Result): { result: Result; processorMs: number } {
  const began = process.cpuUsage()
  const result = work()
  return { result, processorMs: processorMsSince(began) }
}
