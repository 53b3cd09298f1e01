/** Sites from which a browser's request is our own: our page, or an address that the user typed. */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none'])

/**
 * Whether a browser sent a request for a page that is not ours. Any web page can
 * make a browser send one. Browsers name the page in `Origin`; where they leave that out (pictures,
 * scripts, links) `Sec-Fetch-Site` still says that the request comes from elsewhere.
 */
export function isForeignPage(headers: Headers): boolean {
  const origin = headers.get('origin')
  if (origin !== null && !isOwnOrigin(origin, headers.get('host'))) return true
  const site = headers.get('sec-fetch-site')
  return site !== null && !OWN_SITES.has(site)
}

/** Whether a page was loaded from the address that the request is sent to. */
function isOwnOrigin(origin: string, host: string | null): boolean {
  const page = URL.parse(origin)
  if (!page || !host || !/^https?:$/.test(page.protocol)) return false
  return page.host === URL.parse(`${page.protocol}//${host}`)?.host
}
