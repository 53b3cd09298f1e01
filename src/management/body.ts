import { Type } from '@sinclair/typebox'
import { readBody } from '../gateway/handlers/body.ts'
import { depthOf } from '../lib/json/json-bytes.ts'
import type { Context } from './context.ts'
import { ManagementError } from './error.ts'

type Parse = (request: { request: Request }) => Promise<unknown>

/** A text as it is, not JSON. */
export const Yaml = Type.String({ description: 'A routes.yaml' })

/** How OpenAPI describes such a body. */
export const YAML_BODY = {
  required: true,
  content: {
    'application/yaml': { schema: { type: 'string' as const, description: Yaml.description } },
  },
}

/** What an endpoint declares that takes a routes.yaml, whatever its content type. */
export function yamlBody({ gateway }: Context, detail: { summary: string; description: string }) {
  const parse: Parse = async ({ request }) => textOf(await bytesOf(request, gateway))
  return { detail: { ...detail, requestBody: YAML_BODY }, parse, body: Yaml }
}

/** Reads a body of JSON, whatever its content type: for `parse`. Elysia checks it by the schema. */
export function jsonBody({ gateway }: Context): Parse {
  return async ({ request }) => {
    const bytes = await bytesOf(request, gateway)
    const text = textOf(bytes)
    checkDepth(bytes)
    try {
      return JSON.parse(text)
    } catch {
      throw new ManagementError(400, 'invalid_body', 'the body is not JSON')
    }
  }
}

function bytesOf(request: Request, { services, table }: Context['gateway']): Promise<Uint8Array> {
  return readBody(request, table.server.bodyLimitBytes, services)
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ManagementError(400, 'invalid_body', 'the body is not UTF-8')
  }
}

/** Deeper than any value of a routes.yaml; what handles it further on is recursive. */
const MAX_DEPTH = 64

function checkDepth(bytes: Uint8Array): void {
  if (depthOf(bytes) <= MAX_DEPTH) return
  throw new ManagementError(
    400,
    'invalid_body',
    `the body is nested deeper than ${MAX_DEPTH} levels`,
  )
}
