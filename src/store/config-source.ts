/** Where the routes come from, and word of their changes. */
export interface ConfigSource {
  /** The routes as they are now; undefined: there are none yet, and built-in ones serve meanwhile. */
  current(): SourceText | undefined
  /** Reports changes to the follower until it is stopped. */
  follow(follower: Follower): Following
}

export type SourceText = {
  /** What diagnostics call the routes. */
  name: string
  /** Undefined: the routes were there and are gone. */
  text: string | undefined
}

/** What a source asks of the program that compiles its routes. */
export interface Follower {
  /** Paths of further files whose contents belong to the routes. */
  files(): readonly string[]
  /** Whether the routes, or those files, hold something else than what was compiled last. */
  differs(): boolean
  /**
   * The routes may have changed, and have kept still for `stillMs`. Gives how long they must keep
   * still before it is called again, counted from the same moment; 0: it is done.
   */
  judge(stillMs: number): number
}

export interface Following {
  /** Calls `judge` once the routes keep still, also where nothing seems to have changed. */
  check(): void
  /** `files` gives others now. `name`: the routes of that name have come into force. */
  update(name?: string): void
  stop(): void
}

/** Routes that never change. Only `check` has them compiled again, at once. */
export function constantSource(name: string, text: string): ConfigSource {
  return {
    current: () => ({ name, text }),
    follow: ({ judge }) => ({
      check: () => void judge(Number.POSITIVE_INFINITY),
      update() {},
      stop() {},
    }),
  }
}
