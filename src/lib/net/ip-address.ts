/** `127.0.0.1` as four numbers; undefined: it is no IPv4 address. Only the dotted form with four parts counts. */
function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^\d{1,3}$/.test(part))) return undefined
  const bytes = parts.map(Number)
  return bytes.every(byte => byte <= 255) ? bytes : undefined
}

/** `::1` as eight numbers; undefined: it is no IPv6 address. A zone (`%eth0`) is left out. */
function ipv6Groups(text: string): number[] | undefined {
  const [address = ''] = text.split('%')
  const halves = address.split('::').map(half => (half === '' ? [] : half.split(':')))
  if (halves.length > 2) return undefined
  const [head = [], tail] = halves.map(half => half.flatMap(groupsOf))
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...new Array<number>(tail ? missing : 0).fill(0), ...(tail ?? [])]
  return groups.some(Number.isNaN) ? undefined : groups
}

/** The last part may be an IPv4 address, which stands for two groups. */
function groupsOf(part: string): number[] {
  if (/^[0-9a-f]{1,4}$/i.test(part)) return [Number.parseInt(part, 16)]
  const [a = Number.NaN, b = 0, c = 0, d = 0] = ipv4Bytes(part) ?? []
  return [a * 256 + b, c * 256 + d]
}

/** The IPv4 address itself, or the one inside `::ffff:a.b.c.d`. */
function ipv4In(address: string): number[] | undefined {
  const bytes = ipv4Bytes(address)
  if (bytes) return bytes
  const groups = ipv6Groups(address)
  const [g = 0, h = 0] = groups?.slice(6) ?? []
  const mapped = groups?.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
  return mapped ? [g >> 8, g & 255, h >> 8, h & 255] : undefined
}

/** Whether an address is one of this machine itself: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  const bytes = ipv4In(address)
  if (bytes) return bytes[0] === 127
  const groups = ipv6Groups(address)
  return groups?.every((group, at) => group === (at === 7 ? 1 : 0)) ?? false
}

export function isIpAddress(text: string): boolean {
  return ipv4Bytes(text) !== undefined || ipv6Groups(text) !== undefined
}

/**
 * The network whose addresses one machine can take at will: the /64 of an IPv6 address, all of
 * loopback; an IPv4 address stands for itself. What is no address is given back as it is.
 */
export function networkOf(address: string): string {
  if (isLoopback(address)) return 'loopback'
  const bytes = ipv4In(address)
  if (bytes) return bytes.join('.')
  const groups = ipv6Groups(address)
  if (!groups) return address
  const prefix = groups.slice(0, 4).map(group => group.toString(16))
  return `${prefix.join(':')}::/64`
}
