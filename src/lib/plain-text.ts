/** The words of an error page, short enough to be shown: tags and runs of space taken out. */
export function plainText(body: string): string {
  const words = withoutTags(body).replace(/\s+/g, ' ').trim()
  return words.length > 500 ? `${words.slice(0, 500)}…` : words
}

const ENDS: Record<string, RegExp> = { script: /<\/script>/gi, style: /<\/style>/gi }

/** A space for each tag, and for each script and style with what is in it. Reads the text once. */
function withoutTags(body: string): string {
  /** From here on these have no end: it is not looked for again. */
  const endless = new Set<string>()
  let words = ''
  let at = 0
  for (;;) {
    const open = body.indexOf('<', at)
    const close = open === -1 ? -1 : body.indexOf('>', open)
    if (close === -1) return words + body.slice(at)
    words += `${body.slice(at, open)} `
    at = close + 1
    const [tag = ''] = /^(?:script|style)/.exec(body.slice(open + 1, open + 7).toLowerCase()) ?? []
    const end = ENDS[tag]
    if (!end || endless.has(tag)) continue
    end.lastIndex = at
    if (end.test(body)) at = end.lastIndex
    else endless.add(tag)
  }
}
