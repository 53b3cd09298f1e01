/** A browser without a window: keeps cookies, follows redirects, fills in the forms of a sign-in. */

export type Visit = { url: string; status: number; text: string }

const MAX_STEPS = 30

/**
 * Opens a link and does what a user does until no form is left. `deny`: cancels instead of
 * consenting. `stopAt`: an address that is not asked for any more, but given back.
 */
export async function browse(
  link: string,
  { user = 'ada', deny = false, stopAt = '' } = {},
): Promise<Visit> {
  const cookies = new Map<string, string>()
  let isDenied = false
  let next: { url: string; body?: URLSearchParams } = { url: link }
  for (let step = 0; step < MAX_STEPS; step++) {
    const { url, body } = next
    if (stopAt !== '' && url.startsWith(stopAt)) return { url, status: 0, text: '' }
    const reply = await fetch(url, {
      method: body ? 'POST' : 'GET',
      body,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    keepCookies(reply, cookies)
    const text = await reply.text()
    const abort = deny && !isDenied ? abortLink(text) : undefined
    if (abort !== undefined) isDenied = true
    const onward = reply.headers.get('location') ?? abort
    // A user who cancelled does not begin again.
    const form = onward || isDenied ? undefined : formIn(text, user)
    if (onward) next = { url: new URL(onward, url).href }
    else if (form) next = { url: new URL(form.action, url).href, body: form.members }
    else return { url, status: reply.status, text }
  }
  throw new Error(`${link} never ends`)
}

function keepCookies(reply: Response, cookies: Map<string, string>): void {
  for (const cookie of reply.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
}

/** The link by which a user cancels. */
function abortLink(page: string): string | undefined {
  return /href="([^"]+\/abort)"/.exec(page)?.[1]
}

function formIn(page: string, user: string) {
  const [, attributes = '', inside = ''] = /<form([^>]*)>([\s\S]*?)<\/form>/.exec(page) ?? []
  const action = /action="([^"]+)"/.exec(attributes)?.[1]
  if (action === undefined) return undefined
  const members = new URLSearchParams()
  for (const [, input = ''] of inside.matchAll(/<(?:input|button)([^>]*)>/g)) {
    const name = /name="([^"]+)"/.exec(input)?.[1]
    if (name === undefined || name === 'abort') continue
    const filled = name === 'login' ? user : 'x'
    members.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? filled)
  }
  return { action, members }
}
