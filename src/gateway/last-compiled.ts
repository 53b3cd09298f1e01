import type { RoutingTable } from '../routing/table.ts'

/** The routes that were compiled last, whether they were good or not. */
export interface LastCompiled {
  /** Paths of the files that they name; refused routes may only lack one of them. */
  files(): readonly string[]
  /** Whether the text, or one of those files, holds something else now. */
  differs(text: string): boolean
  /** This text was compiled just now. */
  note(text: string, files: readonly string[]): void
  /** Other files count from now on. */
  follow(files: readonly string[]): void
}

export function createLastCompiled(
  table: Pick<RoutingTable, 'files' | 'text'>,
  readFile: (path: string) => string,
): LastCompiled {
  let files = table.files
  let compiled = withFiles(table.text)

  /** A text, and what the files hold now that are pulled in by `\${file:…}`. */
  function withFiles(text: string): string {
    const contents = files.map(path => {
      try {
        return readFile(path)
      } catch {
        return ''
      }
    })
    return [text, ...contents].join('\0')
  }

  return {
    files: () => files,
    differs: text => withFiles(text) !== compiled,
    note(text, named) {
      files = named
      compiled = withFiles(text)
    },
    follow(named) {
      files = named
    },
  }
}
