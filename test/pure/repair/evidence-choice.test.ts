import { hash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  assignSides,
  isWorthKeeping,
  MAX_SAMPLED_DOCUMENTS,
  MAX_SHAPES,
  MAX_VERSIONS,
  sideByHash,
  surplusPages,
  type EvidenceSide,
  type KeptPage,
} from '../../../workflows/repair/evidence-choice.ts';

const hashOf = (name: string | number): string => hash('sha256', String(name));

const arbitraryPage = fc.record({
  page: fc.uuid(),
  role: fc.constantFrom<KeptPage['role']>('good', 'good', 'good', 'failing'),
  docHash: fc.integer({ min: 0, max: 60 }).map(hashOf),
  shape: fc.integer({ min: 0, max: 25 }).map(String),
  side: fc.constantFrom<EvidenceSide>('shown', 'held-out'),
  bodySha256: fc.uuid(),
  valuesSha256: fc.uuid(),
  atMs: fc.integer({ min: 0, max: 1000 }),
  confirmedAtMs: fc.integer({ min: 0, max: 1000 }),
  run: fc.integer({ min: 0, max: 30 }).map(String),
  standing: fc.constantFrom<KeptPage['standing']>('good', 'good', 'pending', 'bad'),
  gone: fc.boolean(),
});

const arbitraryPages = fc.uniqueArray(arbitraryPage, {
  maxLength: 300,
  selector: ({ page }) => page,
});

function keptOf(pages: readonly KeptPage[], standing: KeptPage['standing']): readonly KeptPage[] {
  const surplus = new Set(surplusPages(pages));
  return pages.filter(
    (one) => one.role === 'good' && one.standing === standing && !surplus.has(one),
  );
}

test('what is kept stays within its bounds, and what is pending pushes nothing good out', () => {
  fc.assert(
    fc.property(arbitraryPages, (pages) => {
      const good = keptOf(pages, 'good');
      const withoutPending = pages.filter((one) => one.standing !== 'pending');
      expect(keptOf(withoutPending, 'good')).toEqual(good);
      const documents = Map.groupBy(good, (one) => one.docHash);
      expect(documents.size).toBeLessThanOrEqual(MAX_SAMPLED_DOCUMENTS + MAX_SHAPES);
      for (const versions of documents.values())
        expect(versions.length).toBeLessThanOrEqual(MAX_VERSIONS);
      expect(good.some((one) => one.gone)).toBe(false);
      // The same decision again drops nothing more.
      const surplus = new Set(surplusPages(pages));
      expect(surplusPages(pages.filter((one) => !surplus.has(one)))).toEqual([]);
    }),
  );
});

function withOffer(kept: readonly KeptPage[], docHash: string): readonly KeptPage[] {
  const offer = { docHash, shape: 'same' };
  if (!isWorthKeeping(offer, kept, 'run')) return kept;
  const page = { ...offer, page: docHash, role: 'good', side: 'shown', gone: false } as const;
  const shas = { bodySha256: docHash, valuesSha256: docHash, run: 'run' };
  const times = { atMs: 1, confirmedAtMs: 1, standing: 'pending' } as const;
  const all: readonly KeptPage[] = kept.concat({ ...page, ...shas, ...times });
  const surplus = new Set(surplusPages(all));
  return all.filter((one) => !surplus.has(one));
}

test('the documents with the smallest hashes are sampled, whatever the order in which they come', () => {
  const names = Array.from({ length: 100 }, (_, at) => hashOf(at));
  fc.assert(
    fc.property(fc.shuffledSubarray(names, { minLength: 100 }), (order) => {
      const kept = order.reduce<readonly KeptPage[]>(withOffer, []);
      expect(kept.map((one) => one.docHash).toSorted()).toEqual(names.toSorted().slice(0, 20));
    }),
    { numRuns: 20 },
  );
});

test('sides are stable, three in ten are held out, and of three documents at least one is', () => {
  const sides = Array.from({ length: 2000 }, (_, at) => sideByHash(hashOf(at)));
  const share = sides.filter((one) => one === 'held-out').length / sides.length;
  expect(share).toBeGreaterThan(0.26);
  expect(share).toBeLessThan(0.34);
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.nat(200), { maxLength: 8 }), { maxLength: 8 }),
      (runs) => {
        const known = new Map<string, EvidenceSide>();
        for (const run of runs) {
          const fresh = assignSides(run.map(hashOf), known);
          for (const docHash of fresh.keys()) expect(known.has(docHash)).toBe(false);
          for (const [docHash, side] of fresh) known.set(docHash, side);
          const enough = known.size >= 3;
          expect(new Set(known.values()).has('held-out')).toBe(enough);
          expect(known.size === 0 || new Set(known.values()).has('shown')).toBe(true);
        }
      },
    ),
  );
});
