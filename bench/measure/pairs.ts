/** The two sides of one pair, as they were measured. */
export interface Pair<Value> {
  readonly a: Value;
  readonly b: Value;
}

/**
 * Runs two sides in turn, A B B A …, so that whatever changes on the machine hits both alike. The first pair warms up and is dropped.
 */
export async function interleaved<Value>(
  pairs: number,
  a: () => Promise<Value>,
  b: () => Promise<Value>,
): Promise<readonly Pair<Value>[]> {
  const measured: Pair<Value>[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    if (pair % 2 === 0) measured.push({ a: await a(), b: await b() });
    else {
      const second = await b();
      measured.push({ a: await a(), b: second });
    }
  }
  return measured.slice(1);
}
