import type { Part } from '../../conversation/index.ts'

/** The system parts as texts, for protocols whose instructions are text only. */
export function systemTexts(system: readonly Part[]): string[] {
  return system.flatMap(part =>
    part.type === 'text' && part.text.trim() !== '' && !isBilling(part.text) ? [part.text] : [],
  )
}

/** A line Claude Code puts first for its own vendor's accounts; elsewhere it only spoils caches. */
function isBilling(text: string): boolean {
  return text.startsWith('x-anthropic-billing-header:')
}
