import type { DevicePrompt } from '../../credentials/oauth/device-sign-in.ts'

/** Above the link of a browser sign-in. `tunnel`: the user's browser is on another machine. */
export function linkText(
  title: string,
  url: string,
  { opens, tunnel }: { opens: boolean; tunnel: string | undefined },
): string {
  const head = opens
    ? `the browser is opened to sign in to ${title}; if nothing appears, open this link there:`
    : `open this link in a browser to sign in to ${title}:`
  const reach =
    tunnel === undefined
      ? ''
      : `a browser on another machine reaches this one while this runs there:\n\n  ${tunnel}\n\n`
  return `${head}\n\n  ${url}\n\n${reach}waiting for up to five minutes; Ctrl-C ends it\n`
}

/** Where the callback does not come by itself. */
export function pasteText(redirectUri: string): string {
  return (
    'where the browser cannot reach this machine: copy the whole address that it ends at ' +
    `(it begins with ${redirectUri}), paste it here and press Enter\n`
  )
}

/** Where the user goes with a code, from any device. */
export function deviceText(title: string, { url, userCode, expiresAtMs }: DevicePrompt): string {
  const until = new Date(expiresAtMs).toTimeString().slice(0, 5)
  return (
    `open this link on any device to sign in to ${title}:\n\n  ${url}\n\n` +
    `it shows or asks for the code ${userCode}\nwaiting until ${until}; Ctrl-C ends it\n`
  )
}

const TOLERATED_MS = 5 * 60_000

/** A sentence where this machine's clock is wrong; undefined: it is right, or that is unknown. */
export function clockText(title: string, aheadMs: number | undefined): string | undefined {
  if (aheadMs === undefined || Math.abs(aheadMs) < TOLERATED_MS) return undefined
  const minutes = Math.round(Math.abs(aheadMs) / 60_000)
  const direction = aheadMs > 0 ? 'ahead of' : 'behind'
  return `the clock of this machine is ${minutes} minutes ${direction} that of ${title}; set it, or tokens are refreshed at the wrong time\n`
}
