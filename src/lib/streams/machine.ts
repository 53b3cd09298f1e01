/**
 * A synchronous translator of one stream into another. What is fed comes out translated at once;
 * `end` closes what a cut stream left open. It never waits, so a test feeds it arrays.
 */
export interface Machine<In, Out> {
  feed(input: In): Out[]
  end(): Out[]
}
