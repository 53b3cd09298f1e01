import type { ProtocolId, Seal } from '../../conversation/index.ts'

/** Whether a seal may go to this upstream: it made it, or nobody knows who did and it has its form. */
export function isSealOf(
  seal: Seal | undefined,
  protocol: ProtocolId,
  issuer: string,
): seal is Seal {
  return (
    seal !== undefined &&
    seal.protocol === protocol &&
    (seal.issuer === issuer || seal.issuer === '')
  )
}
