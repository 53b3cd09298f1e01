import { expect, test } from 'bun:test'
import { hasBrowser, openerOf, tunnelCommand } from '../../../src/cli/login/browser.ts'

test.each([
  ['a desktop', { DISPLAY: ':0' }, 'linux', true],
  ['a desktop of today', { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
  ['a server', {}, 'linux', false],
  ['a Mac', {}, 'darwin', true],
  ['a Mac from afar', { SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' }, 'darwin', false],
  ['a desktop from afar', { DISPLAY: ':0', SSH_TTY: '/dev/pts/0' }, 'linux', false],
  ['wherever the user names one', { BROWSER: 'lynx', SSH_TTY: '/dev/pts/0' }, 'linux', true],
] as const)('there is a browser: %s', (_, env, platform, expected) =>
  expect(hasBrowser(env, platform)).toBe(expected),
)

test.each([
  [{}, 'linux', ['xdg-open']],
  [{}, 'darwin', ['open']],
  [{}, 'win32', ['rundll32', 'url.dll,FileProtocolHandler']],
  [{ BROWSER: 'firefox' }, 'darwin', ['firefox']],
] as const)('it is opened by the means of the system: %p on %s', (env, platform, expected) =>
  expect(openerOf(env, platform)).toEqual([...expected]),
)

test('the tunnel leads to the address by which the user came', () =>
  expect(tunnelCommand(54545, { SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' })).toMatch(
    /^ssh -L 54545:127\.0\.0\.1:54545 [^@ ]+@10\.0\.0\.2$/,
  ))
