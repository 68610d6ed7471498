import { shapeOf, type PageShape } from '../../adapters/extraction/page-shape.ts';
import type { EvidenceView } from '../strategies/contract.ts';

/**
 * How far the shape of the failing pages is from that of the good ones, 0..1: 1 minus the overlap of their paths of tags and classes, or of
 * keys where they are JSON. Compared are the same document then and now, else the newest of both. 1 when there is nothing to compare with.
 */
export function pageDrift({ failing, good }: EvidenceView): number {
  const [newest] = good;
  if (newest === undefined) return 1;
  const drifts = failing.slice(0, MAX_PAGES).map((page) => {
    const before = good.find(({ url }) => url === page.url) ?? newest;
    return 1 - overlap(shapeOf(before.body), shapeOf(page.body));
  });
  return drifts.reduce((sum, one) => sum + one, 0) / Math.max(1, drifts.length);
}

const MAX_PAGES = 5;

function overlap(one: PageShape, other: PageShape): number {
  if (one.size + other.size === 0) return 1;
  const shared = [...one].filter((path) => other.has(path)).length;
  return shared / (one.size + other.size - shared);
}
