import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import type { OAuthHttp } from '../../credentials/oauth/ask.ts'
import { signInByBrowser } from '../../credentials/oauth/browser-sign-in.ts'
import { signInByDevice } from '../../credentials/oauth/device-sign-in.ts'
import type { IssuedTokens } from '../../credentials/oauth/tokens.ts'
import type { BrowserFlow, DeviceFlow, OAuthVendor } from '../../credentials/oauth/vendor.ts'
import type { after } from '../../lib/timer.ts'
import type { Io } from '../terminal.ts'
import { hasBrowser, openBrowser, tunnelCommand } from './browser.ts'
import { listenForCallback } from './callback-listener.ts'
import { deviceText, linkText, pasteText } from './prompts.ts'

export type Terminal = { io: Io; http: OAuthHttp; signal: AbortSignal; mayOpen: boolean }

/** Signs in at the terminal, through a browser. Throws as `signInByBrowser` does. */
export async function browserSignIn(
  vendor: OAuthVendor & { browser: BrowserFlow },
  { io, http, signal, mayOpen }: Terminal,
): Promise<IssuedTokens> {
  const { title, browser } = vendor
  const opens = mayOpen && hasBrowser(io.env)
  let stopReading: (() => void) | undefined
  try {
    return await signInByBrowser(vendor, {
      http,
      signal,
      now: Date.now,
      random: randomBytes,
      after: keptAfter,
      listen: listenForCallback,
      pasteAtOnce: !opens,
      warn: message => io.stderr(`${message}\n`),
      present(url) {
        const tunnel = opens ? undefined : tunnelCommand(browser.redirectPort, io.env)
        io.stderr(linkText(title, url, { opens, tunnel }))
        if (opens) open(url, io)
      },
      offerPaste(take) {
        io.stderr(pasteText(`http://localhost:${browser.redirectPort}${browser.redirectPath}`))
        stopReading = readLines(take)
      },
    })
  } finally {
    stopReading?.()
  }
}

/** The same by a code that is typed on any device. Throws as `signInByDevice` does. */
export function deviceSignIn(
  vendor: OAuthVendor & { device: DeviceFlow },
  { io, http, signal, mayOpen }: Terminal,
): Promise<IssuedTokens> {
  return signInByDevice(vendor, {
    http,
    signal,
    now: Date.now,
    random: randomBytes,
    after: keptAfter,
    present(prompt) {
      io.stderr(deviceText(vendor.title, prompt))
      if (mayOpen && hasBrowser(io.env)) open(prompt.url, io)
    },
  })
}

function open(url: string, { env, stderr }: Io): void {
  openBrowser(url, env, () => stderr('no browser could be opened; open the link yourself\n'))
}

/** Real time; the process stays for it, since it may be all that it waits for. */
export const keptAfter: typeof after = (ms, run) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** Lines of the terminal. Gives what ends the reading, so that the process can end. */
function readLines(take: (line: string) => void): () => void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', take)
  return () => {
    lines.close()
    process.stdin.destroy()
  }
}
