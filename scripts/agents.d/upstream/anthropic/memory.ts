/** What was thought under each signature that was handed out. */
export type Thoughts = Map<string, string>
