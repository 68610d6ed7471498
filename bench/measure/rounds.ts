/**
 * Runs some sides in turn, in one order and back again, so that whatever changes on the machine hits all alike. The first round warms up
 * and is dropped.
 */
export async function interleavedRounds<Name extends string, Value>(
  rounds: number,
  sides: readonly Name[],
  measure: (side: Name) => Promise<Value>,
): Promise<readonly Readonly<Record<Name, Value>>[]> {
  const measured: Record<Name, Value>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const found: Partial<Record<Name, Value>> = {};
    for (const side of round % 2 === 0 ? sides : sides.toReversed())
      found[side] = await measure(side);
    measured.push(found as Record<Name, Value>);
  }
  return measured.slice(1);
}
