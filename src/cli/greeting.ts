import { resolve } from 'node:path'
import { ownHosts } from '../config/sections/own-hosts.ts'
import type { RoutingTable } from '../routing/table.ts'
import { version } from '../version.ts'
import type { Io } from './terminal.ts'

/** `unasked`: nobody named the file, it was found. */
type Greeted = { table: RoutingTable; url: string; file: string; unasked: boolean }

/** What a gateway says when it listens: where, with which file, and what agents need. */
export function greeting({ table, url, file, unasked }: Greeted, io: Io): string {
  const providers = [...table.providers.values()]
  const on = providers.filter(provider => !provider.off)
  const key = table.apiKeys.length > 0 ? '"$JACKFIELD_KEY"' : 'local'
  const local = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//127.0.0.1:')
  const lines = [
    `jackfield ${version} listens on ${url} (${file}: ${table.listed.length} models, ${on.length} of ${providers.length} providers)`,
    ...(unasked ? foundLines(table, file, io) : []),
    ...providers.flatMap(provider =>
      provider.off ? [`  skipped ${provider.id}: ${provider.off}`] : [],
    ),
    `  Claude Code:  ANTHROPIC_BASE_URL=${local} ANTHROPIC_AUTH_TOKEN=${key} claude`,
    `  OpenAI SDKs:  export OPENAI_BASE_URL=${local}/v1 OPENAI_API_KEY=${key}`,
    `  Gemini CLI:   GOOGLE_GEMINI_BASE_URL=${local} GEMINI_API_KEY=${key} gemini`,
    `  API page:     ${local}/swagger`,
  ]
  return `${lines.join('\n')}\n`
}

/** A file that nobody named may be a stranger's: what it does with the user's keys is said. */
function foundLines(table: RoutingTable, file: string, io: Io): string[] {
  return [
    `  routes found: ${resolve(io.cwd, file)} (--routes FILE takes another)`,
    ...ownHosts(table).map(
      ({ provider, host, sent }) =>
        `  it sends ${sent.join(', ')} to ${host} (provider ${provider})`,
    ),
  ]
}
