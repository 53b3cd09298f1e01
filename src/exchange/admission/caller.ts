import type { KeyLimits } from '../../credentials/quotas.ts'

/** Who called: the name of the API key, or `local` where no keys are configured. */
export type Caller = {
  name: string
  /** Whether the key may ask for a name. */
  may(model: string): boolean
  /** The key may not ask for every name. */
  restricted?: boolean | undefined
  limits?: KeyLimits | undefined
  /** Its key has a budget in money, so that prices must be known. */
  budgeted?: boolean | undefined
}

/** Decides who a request comes from. Throws `unauthenticated` or `forbidden`. */
export type Authenticate = (
  headers: Headers,
  peer: () => string | undefined,
  /** Gemini clients may send theirs as `?key=`. */
  queryKey?: string,
) => Caller
