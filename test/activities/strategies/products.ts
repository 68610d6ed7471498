/** What a small shop sells: every value is told by the seed. */
export interface Product {
  readonly id: string;
  readonly title: string;
  readonly price: number;
  readonly url: string;
}

/** Ten products of one page of a list. `later` has a third of the prices changed, and nothing else. */
export function productsOf(
  seed: number,
  page: number,
  when: 'before' | 'later' = 'before',
): readonly Product[] {
  return Array.from({ length: 10 }, (_, at) => productOf(seed, page * 10 + at, when));
}

/** One product. */
export function productOf(seed: number, at: number, when: 'before' | 'later' = 'before'): Product {
  const random = randomOf(seed * 1_000 + at);
  const pick = (words: readonly string[]): string =>
    words[Math.floor(random() * words.length)] ?? '';
  const title = `${pick(COLOURS)} ${pick(MATERIALS)} ${pick(THINGS)} ${100 + at}`;
  const cents = 500 + Math.floor(random() * 20_000);
  const price = (when === 'later' && at % 3 === 0 ? cents + 150 : cents) / 100;
  const id = `p-${seed}${String(at).padStart(3, '0')}`;
  return { id, title, price, url: `https://shop.example/products/${id}` };
}

export function listOf(items: readonly Product[]): string {
  return JSON.stringify({ data: { items }, total: items.length });
}

const COLOURS = ['Amber', 'Blue', 'Crimson', 'Olive', 'Plum', 'Silver', 'Teal', 'Umber'];
const MATERIALS = ['Brass', 'Cotton', 'Glass', 'Linen', 'Maple', 'Steel', 'Wool'];
const THINGS = ['Basket', 'Blanket', 'Bowl', 'Chair', 'Clock', 'Lamp', 'Mirror', 'Shelf'];

/** Mulberry32: the same numbers for the same seed, everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
