import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'

/** A Google service account, as its key file describes it. */
export type AccountKey = {
  email: string
  project: string
  /** PEM, PKCS#8 or PKCS#1. */
  privateKey: string
  keyId?: string
  tokenUrl: string
  location?: string
}

const TOKEN_URL = 'https://oauth2.googleapis.com/token'

/** Google's key file, bare or as other gateways wrap it. Undefined: an ordinary API key. */
export function readServiceAccount(secret: string): AccountKey | undefined {
  return secret.startsWith('{') ? parsed(secret) : undefined
}

function parsed(secret: string): AccountKey | undefined {
  let wire: unknown
  try {
    wire = JSON.parse(secret)
  } catch {
    return undefined
  }
  if (!isObject(wire)) return undefined
  const file = object(wire.service_account) ?? wire
  const email = text(file.client_email)
  const project = text(wire.project_id) ?? text(file.project_id)
  const privateKey = text(file.private_key)
  if (!email || !project || !privateKey) return undefined
  const location = text(wire.location)
  const keyId = text(file.private_key_id)
  return {
    email,
    project,
    privateKey: framed(privateKey),
    tokenUrl: tokenUrlOf(file),
    location,
    keyId,
  }
}

function tokenUrlOf(file: JsonObject): string {
  const tokenUrl = text(file.token_uri)
  return tokenUrl?.startsWith('https://') || tokenUrl?.startsWith('http://127.0.0.1')
    ? tokenUrl
    : TOKEN_URL
}

/** Keys copied through shells and forms lose their line breaks. */
function framed(key: string): string {
  const lines = key.replaceAll('\\n', '\n').trim()
  const head = /^-----BEGIN ([A-Z ]+)-----/.exec(lines)?.[1]
  if (!head) return lines
  const body = lines.replace(/-----(BEGIN|END) [A-Z ]+-----/g, '').replace(/\s+/g, '')
  const folded = body.match(/.{1,64}/g)?.join('\n') ?? ''
  return `-----BEGIN ${head}-----\n${folded}\n-----END ${head}-----\n`
}
