import { isHash, looksLikeHash } from '../../lib/key-hash.ts'
import type { ManagementSettings } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Document } from '../schema/routes.ts'
import { isSampleKey, type KeyProblem, variableProblem } from './key-problems.ts'

const BCRYPT = /^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$/

/** `remote-management`: what opens the management API. An empty secret leaves it shut. */
export function readManagement(document: Document, report: Report): ManagementSettings {
  const written = document['remote-management'] ?? {}
  const secret = (written['secret-key'] ?? '').trim()
  const problem = variableProblem(secret) ?? problemOf(secret)
  if (problem) report.error(['remote-management', 'secret-key'], problem.message, problem.hint)
  return {
    allowRemote: written['allow-remote'] ?? false,
    secret: secret || undefined,
    panel: !(written['disable-control-panel'] ?? false),
  }
}

function problemOf(secret: string): KeyProblem | undefined {
  if (isSampleKey(secret))
    return {
      message: 'this is a sample key, which is public',
      hint: 'make one of your own: openssl rand -hex 24',
    }
  if (looksLikeHash(secret) && !isHash(secret))
    return {
      message: 'this is no SHA-256 hash',
      hint: 'write sha256: and 64 hex digits: printf %s "$SECRET" | sha256sum',
    }
  if (/^\$2[abxy]?\$/.test(secret) && !BCRYPT.test(secret))
    return {
      message: 'this is no whole bcrypt hash',
      hint: 'a bcrypt hash has 60 characters; copy all of them, or write the secret itself',
    }
  return undefined
}
