/** Numbers that one seed decides: the same seed gives the same script of accidents. */
export interface Random {
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** Some of the numbers from 1 to `most`, each once, in ascending order. */
  some(count: number, most: number): readonly number[];
  chance(probability: number): boolean;
}

/** The generator "mulberry32": small, and good enough for accidents. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1));
  return {
    between,
    pick: (choices) => choices[between(0, choices.length - 1)] ?? choices[0],
    some(count, most) {
      const chosen = new Set<number>();
      while (chosen.size < Math.min(count, most)) chosen.add(between(1, most));
      return [...chosen].toSorted((a, b) => a - b);
    },
    chance: (probability) => next() < probability,
  };
}
