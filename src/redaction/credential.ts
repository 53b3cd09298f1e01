/** What is shorter may be any word. */
const MIN_LENGTH = 8

/**
 * An upstream's text without our key in it: some repeat the key that they refuse, and the client must not
 * get it. The very same text where the key is not in it.
 */
export function redactCredential(secret: string, text: string): string {
  if (secret.length < MIN_LENGTH) return text
  return text.includes(secret) ? text.replaceAll(secret, '[credential]') : text
}
