/** Every thought signature that was handed out. */
export type Signatures = Set<string>
