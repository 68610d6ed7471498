/** What an answer is bound to: the patch, whose digest covers the spec that it changes and the one that it makes, and the policy. */
export function questionDigest(patchDigest: string, policyHash: string): string {
  return `${patchDigest}.${policyHash}`;
}
