import { dlopen, ptr } from 'bun:ffi'

/** `CPUCLOCK_SCHED` of Linux: what the scheduler counted for all threads, ended ones too. */
const SCHEDULED = 2

const { symbols } = dlopen('libc.so.6', {
  clock_gettime: { args: ['i32', 'ptr'], returns: 'i32' },
})
const time = new BigInt64Array(2)

/**
 * CPU that a process has used, in microseconds, exact to the nanosecond: the ticks in
 * `/proc/PID/stat` are of 10 ms, some of which are all that a figure is made of.
 * @see clock_getcpuclockid(3)
 */
export function cpuUs(pid: number): number {
  const clock = (~pid << 3) | SCHEDULED
  if (symbols.clock_gettime(clock, ptr(time)) !== 0) throw new Error(`no CPU clock of ${pid}`)
  return Number(time[0]) * 1e6 + Number(time[1]) / 1e3
}
