import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { JsonObject } from '../../src/lib/json/json.ts'

/** Recorded traffic is not part of the project: JACKFIELD_SHARED, or `../shared` beside it. */
const folder = process.env.JACKFIELD_SHARED ?? resolve(import.meta.dir, '../../../shared')

export const sharedMissing = !existsSync(join(folder, 'corpus'))
if (sharedMissing)
  console.warn(`SKIPPING every test over recorded traffic: there is no ${folder}/corpus`)

/** A recorded exchange with a real provider. */
export type Recorded = {
  id: string
  /** Who answered: openai, anthropic, google, openrouter, … */
  provider: string
  model: string | null
  path: string
  op: 'generate' | 'count-tokens' | 'compact'
  stream: boolean
  features: string[]
  request: JsonObject | null
  status: number
  response_headers: Record<string, string>
  response?: JsonObject
  sse?: string
}

export function corpus(protocol: string): Recorded[] {
  if (sharedMissing) return []
  return jsonFiles(join(folder, 'corpus', protocol)).map(
    file => JSON.parse(readFileSync(file, 'utf8')) as Recorded,
  )
}

/** A real agent's request. */
export type Captured = {
  id: string
  method: string
  path: string
  headers: Record<string, string>
  body: JsonObject
}

export function captures(path: string, method = 'POST'): Captured[] {
  const root = join(folder, 'captures')
  if (!existsSync(root)) return []
  return readdirSync(root)
    .flatMap(client => jsonFiles(join(root, client)).map(file => ({ file, client })))
    .map(({ file, client }) => ({
      ...(JSON.parse(readFileSync(file, 'utf8')) as Captured),
      id: `${client}/${file.split('/').pop()}`,
    }))
    .filter(capture => capture.method === method && capture.path.split('?')[0]?.endsWith(path))
}

function jsonFiles(path: string): string[] {
  return readdirSync(path)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => join(path, name))
}
