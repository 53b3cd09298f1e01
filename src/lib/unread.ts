/**
 * For a body that is generated: a client that is gone before the first of it is asked for leaves a
 * generator that never starts, so its `finally` never runs, and `unread` is called instead. The
 * generator calls what this returns when it starts; false: it was called already.
 */
export function whenUnread(signal: AbortSignal, unread: () => void): () => boolean {
  let decided = false
  const leave = (): void => {
    if (decided) return
    decided = true
    unread()
  }
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  return () => {
    if (decided) return false
    decided = true
    signal.removeEventListener('abort', leave)
    return true
  }
}
