import { isObject, type JsonObject } from '../lib/json/json.ts'
import { object, text } from '../lib/json/read-json.ts'

/** Who a Google service account is, and where it is served. */
export type ServiceAccount = AccountKey & { baseUrl: string; root: string }

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
const read = new Map<string, AccountKey | undefined>()

/** Google's key file, bare or as other gateways wrap it. Undefined: an ordinary API key. */
export function readServiceAccount(secret: string): AccountKey | undefined {
  if (!secret.startsWith('{')) return undefined
  if (read.has(secret)) return read.get(secret)
  const account = parsed(secret)
  // Credentials come and go with reloads; what is kept of them stays few.
  if (read.size >= 64) read.clear()
  read.set(secret, account)
  return account
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
    ...(location ? { location } : {}),
    ...(keyId ? { keyId } : {}),
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
