import type { Services } from '../../exchange/services.ts'
import { GatewayError } from '../../lib/errors.ts'
import { joined } from '../../lib/streams/byte-replace.ts'
import { unpacked } from './unpack.ts'

type Clock = Pick<Services, 'now' | 'watchdog'>

/** A body may take this long, and a second more for each of so many bytes. */
const GRACE_MS = 30_000
const MIN_BYTES_PER_SECOND = 20_000

/**
 * The request's body, whole and decompressed. The limit holds for what arrives and for what it
 * unpacks to. Throws `too-large`, `invalid-request`, and `timeout` (408) for a body of which the
 * rest does not come: without that it would be held for ever.
 */
export async function readBody(
  request: Request,
  limitBytes: number,
  clock: Clock,
): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  if (declared > limitBytes) throw tooLarge(limitBytes)
  const reading = Number.isFinite(declared)
    ? inTime(clock, request.bytes(), { bytes: declared })
    : readCounted(request, limitBytes, clock)
  let bytes: Uint8Array
  try {
    bytes = await reading
  } catch (error) {
    // A client that goes away in the middle of its body is no fault of ours.
    if (error instanceof GatewayError || !request.signal.aborted) throw error
    throw new GatewayError('cancelled', 'the client went away', { cause: error })
  }
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
function readCounted(request: Request, limitBytes: number, clock: Clock): Promise<Uint8Array> {
  const size = { bytes: 0 }
  const read = async (): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request.body ?? []) {
      size.bytes += chunk.length
      if (size.bytes > limitBytes) throw tooLarge(limitBytes)
      chunks.push(chunk)
    }
    return joined(chunks)
  }
  return inTime(clock, read(), size)
}

/** Ends the waiting where a body comes more slowly than any client sends; `size` may grow. */
function inTime<Value>(
  { now, watchdog }: Clock,
  reading: Promise<Value>,
  size: { readonly bytes: number },
): Promise<Value> {
  const beganAtMs = now()
  const dueAtMs = (): number => beganAtMs + GRACE_MS + (size.bytes / MIN_BYTES_PER_SECOND) * 1_000
  return new Promise((resolve, reject) => {
    const watch = {
      dueAtMs: dueAtMs(),
      due() {
        watch.dueAtMs = dueAtMs()
        if (watch.dueAtMs <= now()) reject(tooSlow())
      },
    }
    watchdog.add(watch)
    // Two handlers and no more promises: every request comes through here.
    reading.then(
      value => {
        watchdog.remove(watch)
        resolve(value)
      },
      error => {
        watchdog.remove(watch)
        reject(error)
      },
    )
  })
}

function tooSlow(): GatewayError {
  return new GatewayError(
    'timeout',
    `the rest of the request body did not arrive in time (${GRACE_MS / 1000} s, and more at less than ${MIN_BYTES_PER_SECOND / 1000} kB/s); send it again`,
    { status: 408 },
  )
}
