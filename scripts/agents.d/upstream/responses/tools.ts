/** Responses tools: top-level, in namespaces, and those that Codex puts into the input. */
import type { Tool } from '../dialect.ts'
import { type Json, list, record } from '../json.ts'

/** Every list of tools in a request, with the path that errors name it by. */
export function toolLists(body: Json): { at: string; tools: Json[] }[] {
  const added = list(body.input).flatMap((item, index) =>
    item.type === 'additional_tools'
      ? [{ at: `input[${index}].tools`, tools: list(item.tools) }]
      : [],
  )
  return [{ at: 'tools', tools: list(body.tools) }, ...added]
}

export const toolsOf = (body: Json): Tool[] =>
  toolLists(body).flatMap(({ tools }) => tools.flatMap(tool => callable(tool)))

function callable(tool: Json, namespace?: string): Tool[] {
  if (tool.type === 'namespace')
    return list(tool.tools).flatMap(inner => callable(inner, String(tool.name)))
  if (tool.type !== 'function' && tool.type !== 'custom') return []
  return [
    {
      name: String(tool.name),
      ...(namespace === undefined ? {} : { namespace }),
      custom: tool.type === 'custom',
      schema: record(tool.parameters),
    },
  ]
}
