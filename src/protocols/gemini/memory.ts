import { createMemory } from '../../lib/json/source-memory.ts'

/** How this protocol's clients wrote what they sent. */
export const memory = createMemory()
