/** An item that was given out, by its id. */
export type Given = { type: string; stored: boolean; sealed?: string; needs?: string }
export type Memory = Map<string, Given>
