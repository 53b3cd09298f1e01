/** What is shorter may be any word. */
const SHORTEST_SECRET = 8

/**
 * An upstream's words without our key in them: some repeat the one they refuse, and it is not the
 * client's to know. The very same text where it is not in it.
 */
export function blanked(secret: string, text: string): string {
  if (secret.length < SHORTEST_SECRET) return text
  return text.includes(secret) ? text.replaceAll(secret, '[credential]') : text
}
