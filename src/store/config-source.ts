import type { DocumentPlace } from './store.ts'

/** Where the routes come from, and word of their changes. */
export interface ConfigSource {
  /** The routes as they are now; undefined: there are none yet, and built-in ones serve meanwhile. */
  current(): SourceText | undefined
  /** Reports changes to the follower until it is stopped. */
  follow(follower: Follower): Following
}

type SourceText = {
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

type DocumentSourceOptions = {
  /** A change could not be read; the routes that serve stay. */
  failed?(error: unknown): void
}

/**
 * Routes in a document of a store, which is read once before this resolves. Stores write documents
 * whole, so each change counts at once. Rejects where the document cannot be read.
 */
export async function documentSource(
  { store, key }: DocumentPlace,
  { failed = () => {} }: DocumentSourceOptions = {},
): Promise<ConfigSource> {
  let text = await readText()
  let found = text !== undefined

  async function readText(): Promise<string | undefined> {
    const document = await store.read(key)
    return document && new TextDecoder().decode(document.bytes)
  }

  return {
    current: () => (found ? { name: key, text } : undefined),
    follow({ judge }) {
      const ending = new AbortController()

      async function refresh(): Promise<void> {
        try {
          text = await readText()
          found ||= text !== undefined
        } catch (error) {
          failed(error)
        }
        if (!ending.signal.aborted) judge(Number.POSITIVE_INFINITY)
      }

      async function followChanges(): Promise<void> {
        for await (const changed of store.changes(key, ending.signal))
          if (changed === key) await refresh()
      }

      followChanges().catch(failed)
      return {
        check: () => void refresh(),
        update() {},
        stop: () => ending.abort(),
      }
    },
  }
}
