/** Ids of our own making hold this, so that they are known again when they come back. */
export const OUR_ID = '_jf_'

/** Ids of steps that another upstream took, as clients of Anthropic's protocol get them. */
export const OUR_STEP = `srvtoolu${OUR_ID}`
