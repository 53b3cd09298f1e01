import type { ProtocolId, Seal } from '../../conversation/index.ts'

/** Whether a seal may go to this upstream: it made the seal, or the issuer is unknown and the seal has its form. */
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
