import { isIpAddress, isLoopback } from './ip-address.ts'

/** Whether a name or an address, without a port, can only mean this machine. */
export function isLocalHost(host: string): boolean {
  const name = host.toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(unbracketed(name))
}

/** The same for a `Host` header, which may have a port. */
export function isLocalAuthority(authority: string): boolean {
  return isLocalHost(withoutPort(authority))
}

/** Whether a `Host` header has an address, or a name that can only mean this machine. */
export function isAddressAuthority(authority: string): boolean {
  const host = withoutPort(authority)
  return isLocalHost(host) || isIpAddress(unbracketed(host))
}

/** Whether a `Host` header is a name or an address, perhaps with a port, and nothing else. */
export function isAuthority(authority: string): boolean {
  return /^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(authority)
}

function withoutPort(authority: string): string {
  return authority.replace(/:\d{1,5}$/, '')
}

function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
