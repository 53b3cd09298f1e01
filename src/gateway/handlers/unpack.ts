import { promisify } from 'node:util'
import { GatewayError } from '../../lib/errors.ts'
import { createGate } from '../../lib/gate.ts'
import { table } from '../../lib/json/table.ts'
import { codeOf } from '../../lib/thrown.ts'

type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>

/**
 * The asynchronous forms: they work on threads of their own. Loaded with the first packed body, as
 * few clients pack theirs and loading takes milliseconds of every start.
 */
const UNPACK = table<() => Promise<Unpack>>({
  gzip: async () => promisify((await import('node:zlib')).gunzip),
  'x-gzip': async () => promisify((await import('node:zlib')).gunzip),
  deflate: async () => promisify((await import('node:zlib')).inflate),
  br: async () => promisify((await import('node:zlib')).brotliDecompress),
  zstd: async () => promisify((await import('node:zlib')).zstdDecompress),
})

/** Requests are text, which packs to a tenth or a fiftieth; what packs better is made to. */
const MAX_RATIO = 200
/** Whatever the ratio, so much may come out. */
const ALWAYS_BYTES = 4_000_000
/** Bodies that are unpacked at once: each may take as much memory as the limit allows. */
const inTurn = createGate(4)

/** Throws `too-large` and `invalid-request`. */
export async function unpacked(
  bytes: Uint8Array,
  coding: string,
  limitBytes: number,
): Promise<Uint8Array> {
  if (coding === 'identity') return bytes
  const load = UNPACK[coding]
  if (!load) {
    throw new GatewayError(
      'invalid-request',
      `content-encoding "${coding}" is not known; send gzip, deflate, br, zstd or none`,
    )
  }
  const byRatio = Math.max(ALWAYS_BYTES, bytes.length * MAX_RATIO)
  const maxOutputLength = Math.min(limitBytes, byRatio)
  try {
    const unpack = await load()
    return await inTurn(() => unpack(bytes, { maxOutputLength }))
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE')
      throw unpacksToTooMuch(bytes.length, limitBytes, byRatio)
    throw new GatewayError('invalid-request', `the request body is not valid ${coding}`, {
      cause: error,
    })
  }
}

function unpacksToTooMuch(packed: number, limitBytes: number, byRatio: number): GatewayError {
  return byRatio < limitBytes
    ? new GatewayError(
        'too-large',
        `the request body of ${packed} bytes unpacks to more than ${MAX_RATIO} times as many; send it without content-encoding`,
      )
    : new GatewayError(
        'too-large',
        `the request body unpacks to more than ${limitBytes} bytes; raise server.body-limit in routes.yaml if it has to be`,
      )
}
