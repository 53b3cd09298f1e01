/** For calls that came without an id: the same in every decoding, another in every reply. */
export function callId(responseId: string, index: number): string {
  const suffix = responseId.replace(/[^a-zA-Z0-9]/g, '').slice(-12)
  return suffix ? `call_${index}_${suffix}` : `call_${index}`
}
