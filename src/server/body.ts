import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { joined } from '../lib/byte-replace.ts'
import { GatewayError } from '../lib/errors.ts'

/**
 * The request's body, whole and decompressed. The limit holds for what arrives and for what it
 * unpacks to. Throws `too-large` and `invalid-request`.
 */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array> {
  const told = Number(request.headers.get('content-length') ?? Number.NaN)
  if (told > limitBytes) throw tooLarge(limitBytes)
  const bytes = Number.isFinite(told)
    ? await request.bytes()
    : await readCounted(request, limitBytes)
  const coding = request.headers.get('content-encoding')
  return coding ? unpacked(bytes, coding.toLowerCase().trim(), limitBytes) : bytes
}

function tooLarge(limitBytes: number): GatewayError {
  return new GatewayError(
    'too-large',
    `the request body is larger than ${limitBytes} bytes; raise server.body-limit in routes.yaml if it has to be`,
  )
}

/** For a body that does not say its length. */
async function readCounted(request: Request, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.length
    if (length > limitBytes) throw tooLarge(limitBytes)
    chunks.push(chunk)
  }
  return joined(chunks)
}

const UNPACK: Record<
  string,
  (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array
> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

function unpacked(bytes: Uint8Array, coding: string, limitBytes: number): Uint8Array {
  if (coding === 'identity') return bytes
  const unpack = UNPACK[coding]
  if (!unpack) {
    throw new GatewayError(
      'invalid-request',
      `content-encoding "${coding}" is not known; send gzip, deflate, br, zstd or none`,
    )
  }
  try {
    return unpack(bytes, { maxOutputLength: limitBytes })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(limitBytes)
    throw new GatewayError('invalid-request', `the request body is not valid ${coding}`, {
      cause: error,
    })
  }
}
