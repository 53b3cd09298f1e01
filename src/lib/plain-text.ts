/** The words of an error page, short enough to be shown: tags and runs of space taken out. */
export function plainText(body: string): string {
  const words = body
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return words.length > 500 ? `${words.slice(0, 500)}…` : words
}
