/** A small picture that no client can shrink to nothing. */
import { crc32, deflateSync } from 'node:zlib'

const SIDE = 48

/** A PNG of grey noise. */
export function noisePng(): Uint8Array {
  const rows = Buffer.concat(
    Array.from({ length: SIDE }, () =>
      Buffer.concat([Buffer.from([0]), crypto.getRandomValues(new Uint8Array(SIDE))]),
    ),
  )
  const size = Buffer.alloc(8)
  size.writeUInt32BE(SIDE, 0)
  size.writeUInt32BE(SIDE, 4)
  const header = Buffer.concat([size, Buffer.from([8, 0, 0, 0, 0])])
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
