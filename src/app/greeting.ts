import { ownHosts } from '../config/sections/own-hosts.ts'
import type { RoutingTable } from '../routing/table.ts'
import { version } from '../version.ts'

type Greeted = {
  table: RoutingTable
  /** Where it listens. */
  url: string
  /** What messages call the routes. */
  file: string
  /** The path of routes that were found without being named. */
  foundAt: string | undefined
}

/** What a gateway prints when it listens: where, with which file, and what agents need. */
export function greeting({ table, url, file, foundAt }: Greeted): string {
  const providers = [...table.providers.values()]
  const on = providers.filter(provider => !provider.off)
  const key = table.apiKeys.length > 0 ? '"$JACKFIELD_KEY"' : 'local'
  const local = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//127.0.0.1:')
  const lines = [
    `jackfield ${version} listens on ${url} (${file}: ${table.listed.length} models, ${on.length} of ${providers.length} providers)`,
    ...(foundAt === undefined ? [] : foundLines(table, foundAt)),
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

/** A file that was not named may be another person's: the greeting lists where it sends the user's keys. */
function foundLines(table: RoutingTable, path: string): string[] {
  return [
    `  routes found: ${path} (--routes FILE takes another)`,
    ...ownHosts(table).map(
      ({ provider, host, sent }) =>
        `  it sends ${sent.join(', ')} to ${host} (provider ${provider})`,
    ),
  ]
}
