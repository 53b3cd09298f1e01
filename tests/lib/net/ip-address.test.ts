import { describe, expect, test } from 'bun:test'
import {
  isAddressAuthority,
  isAuthority,
  isLocalAuthority,
} from '../../../src/lib/net/host-name.ts'
import { isIpAddress, isLoopback, networkOf } from '../../../src/lib/net/ip-address.ts'

describe('the network that one machine can call from', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.45.6.7', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['::ffff:127.0.0.9', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2::7', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::7', '2001:db8:1:3::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s: %s', (address, network) => expect(networkOf(address)).toBe(network))
})

test.each([
  ['127.0.0.1', true],
  ['127.255.255.255', true],
  ['::1', true],
  ['127.999.999.999', false],
  ['127.0.0', false],
  ['127.0.0.1.1', false],
  ['127.evil.example', false],
  ['128.0.0.1', false],
  ['::2', false],
  ['1::1', false],
  ['::1::', false],
  ['::ffff:128.0.0.1', false],
  ['', false],
])('loopback: %s: %p', (address, expected) => expect(isLoopback(address)).toBe(expected))

test.each([
  ['1:2:3:4:5:6:7:8', true],
  ['1:2:3:4:5:6:1.2.3.4', true],
  ['1:2:3:4:5:6:7', false],
  ['1:2:3:4:5:6:7:8:9', false],
  ['1::2::3', false],
  ['g::1', false],
  ['1.2.3.256', false],
  ['nas', false],
])('an address: %s: %p', (address, expected) => expect(isIpAddress(address)).toBe(expected))

test.each([
  ['localhost', true, true],
  ['LOCALHOST:8317', true, true],
  ['a.localhost', true, true],
  ['127.0.0.1:80', true, true],
  ['[::1]', true, true],
  ['[::1]:8317', true, true],
  ['10.0.0.1:8317', false, true],
  ['[2001:db8::1]:80', false, true],
  ['nas', false, false],
  ['localhost.evil.example', false, false],
  ['127.999.999.999', false, false],
  ['', false, false],
])('Host: %s: local %p, an address %p', (authority, local, address) =>
  expect([isLocalAuthority(authority), isAddressAuthority(authority)]).toEqual([local, address]),
)

test.each([
  ['nas', true],
  ['a_b-c.example:8317', true],
  ['[::1]:80', true],
  ['', false],
  ['a b', false],
  ['a/b', false],
  ['user@a', false],
  ['a,b', false],
  ['a:', false],
  ['a:123456', false],
])('an authority: %s: %p', (authority, expected) => expect(isAuthority(authority)).toBe(expected))
