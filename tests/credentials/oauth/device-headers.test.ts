import { expect, test } from 'bun:test'
import { deviceHeaders } from '../../../src/credentials/oauth/device-headers.ts'
import { VENDORS } from '../../../src/credentials/oauth/vendors.ts'

test('only vendors that want to know the device are told of it, by our own name', () => {
  const headers = VENDORS.map(vendor => [vendor.name, deviceHeaders(vendor, { device_id: 'd-1' })])
  expect(headers).toEqual([
    ['claude', undefined],
    ['codex', {}],
    ['gemini', undefined],
    ['qwen', undefined],
    ['kimi', expect.objectContaining({ 'x-msh-platform': 'jackfield', 'x-msh-device-id': 'd-1' })],
    ['xai', undefined],
  ])
})
