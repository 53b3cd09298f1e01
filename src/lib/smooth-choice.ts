/** Scores of a smooth choice by candidate, kept between calls. */
export type Turns = Map<string, number>

/**
 * Smooth weighted choice: fair at any moment, also while candidates come and go, and round robin
 * where all weights are equal. Undefined: there are no candidates.
 */
export function smoothChoice<Candidate>(
  candidates: readonly Candidate[],
  turns: Turns,
  keyOf: (candidate: Candidate) => string,
  weightOf: (candidate: Candidate) => number,
): Candidate | undefined {
  let best: { candidate: Candidate; key: string; score: number } | undefined
  let sum = 0
  for (const candidate of candidates) {
    const key = keyOf(candidate)
    const weight = weightOf(candidate)
    const score = (turns.get(key) ?? 0) + weight
    turns.set(key, score)
    sum += weight
    if (!best || score > best.score) best = { candidate, key, score }
  }
  if (best) turns.set(best.key, best.score - sum)
  return best?.candidate
}
