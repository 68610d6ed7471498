import { decodeText } from '../../adapters/extraction/charset.ts';
import { pageOutline } from '../../adapters/extraction/page-outline.ts';
import { sideByHash } from '../../workflows/repair/evidence-choice.ts';
import { addTallies, NO_TALLY, type ExtractionTally } from '../../workflows/repair/run-summary.ts';
import { tallyPage } from '../../workflows/repair/tally-page.ts';
import type { PageWitness, WitnessedAnswer, WitnessedPage } from '../sources/contract.ts';
import { documentHash } from './identity.ts';

/** A page that may be kept, with its body. */
export interface StagedPage extends WitnessedPage {
  readonly docHash: string;
  readonly shape: string;
  readonly answer: WitnessedAnswer;
}

/** What was witnessed between two checkpoints. */
export interface StagedEvidence {
  readonly tally: ExtractionTally;
  /** Read well, by the hashes of their documents; at most thirty, and 64 MB. */
  readonly good: readonly StagedPage[];
  /** Read badly, the most telling first. */
  readonly failing: readonly StagedPage[];
}

/** The witness of one attempt: what it is told waits here until a batch takes it. */
export interface StagedWitness extends PageWitness {
  /** What was staged since the last time; a batch commits it with the cursor of the checkpoint that followed. */
  take(): StagedEvidence | undefined;
}

export function stageEvidence(): StagedWitness {
  let staged: StagedEvidence | undefined;
  const tallied = (tally: ExtractionTally): StagedEvidence => ({
    ...(staged ?? NOTHING),
    tally: addTallies(staged?.tally ?? NO_TALLY, tally),
  });
  return {
    unmodified() {
      staged = tallied({ ...NO_TALLY, unmodified: 1 });
    },
    page(page) {
      const { failure, extraction, spec } = page;
      staged = tallied(
        tallyPage({
          ...(failure ? { failure: failure.name } : {}),
          ...(extraction ? { extraction } : {}),
          ...(spec ? { spec } : {}),
        }),
      );
      const [failing, good] = [isFailing(page), isGood(page)];
      const { answer } = page;
      if (answer === undefined || answer.body.length === 0 || !(failing || good)) return;
      const kept = { ...page, answer, docHash: documentHash(page.id), shape: shapeOf(answer) };
      if (failing) staged = { ...staged, failing: withFailing(staged.failing, kept) };
      if (good) staged = { ...staged, good: withGood(staged.good, kept) };
    },
    take() {
      const taken = staged;
      staged = undefined;
      return taken;
    },
  };
}

const NOTHING: StagedEvidence = { tally: NO_TALLY, good: [], failing: [] };

/** Two stages as one: of each document the later page counts. */
export function mergeEvidence(
  earlier: StagedEvidence | undefined,
  later: StagedEvidence | undefined,
): StagedEvidence | undefined {
  if (earlier === undefined || later === undefined) return earlier ?? later;
  return {
    tally: addTallies(earlier.tally, later.tally),
    good: later.good.reduce(withGood, earlier.good),
    failing: later.failing.reduce(withFailing, earlier.failing),
  };
}

function shapeOf({ body, headers, rendered }: WitnessedAnswer): string {
  const contentType = rendered ? 'text/html; charset=utf-8' : headers['content-type'];
  return pageOutline(decodeText(Buffer.from(body.subarray(0, MAX_LOOKED_AT)), contentType));
}

const MAX_LOOKED_AT = 512 * 1024;

/** Only what has an extraction can be repaired; of other pages the failures alone tell something. */
function isFailing({ failure, extraction, isSeed }: WitnessedPage): boolean {
  // A page that is no longer there is nobody's failure, unless the definition names it.
  if (failure?.name === 'NotFound') return isSeed;
  return failure !== undefined || (extraction?.misses.some((miss) => miss.required) ?? false);
}

/** A list that has lost a record or two is still a sample of the others. */
function isGood({ failure, extraction }: WitnessedPage): boolean {
  if (failure !== undefined || extraction === undefined) return false;
  const { records, misses } = extraction;
  const incomplete = new Set(misses.filter((miss) => miss.required).map((miss) => miss.record));
  return records.length > 0 && !incomplete.has(undefined) && incomplete.size * 2 <= records.length;
}

/** The smallest hashes, since these are sampled in every run, and one page of each shape besides. */
function withGood(pages: readonly StagedPage[], page: StagedPage): readonly StagedPage[] {
  const all = [...pages.filter((one) => one.docHash !== page.docHash), page].toSorted((a, b) =>
    a.docHash < b.docHash ? -1 : 1,
  );
  const sampled = all.slice(0, MAX_SAMPLED);
  const shapes = new Set(sampled.map((one) => one.shape));
  const others = all.slice(MAX_SAMPLED).filter((one) => {
    const isNew = !shapes.has(one.shape);
    shapes.add(one.shape);
    return isNew;
  });
  return withinBytes([...sampled, ...others.slice(0, MAX_OTHERS)]);
}

const MAX_SAMPLED = 20;
const MAX_OTHERS = 10;

/** The reading itself needs the memory more than the samples do. */
function withinBytes(pages: readonly StagedPage[]): readonly StagedPage[] {
  let left = MAX_STAGED_BYTES;
  return pages.filter(({ answer }) => {
    left -= answer.body.length;
    return left >= 0;
  });
}

const MAX_STAGED_BYTES = 64 * 1024 * 1024;

/** Different failures before more of the same, repairable ones before others, pages that may be shown before those that are held out. */
function withFailing(pages: readonly StagedPage[], page: StagedPage): readonly StagedPage[] {
  const all = [...pages.filter((one) => one.docHash !== page.docHash), page];
  const ranked = [...Map.groupBy(all, groupOf).values()].flatMap((group) =>
    group
      .toSorted((a, b) => rank(a) - rank(b) || (a.docHash < b.docHash ? -1 : 1))
      .map((one, round) => ({ one, round })),
  );
  const sorted = ranked.toSorted((a, b) => a.round - b.round || weight(a.one) - weight(b.one));
  return withinBytes(sorted.slice(0, MAX_FAILING).map(({ one }) => one));
}

export const MAX_FAILING = 5;

/** Pages that fail alike: by the name and the fields. */
export function groupOf({ failure, extraction }: WitnessedPage): string {
  const required = extraction?.misses.filter((miss) => miss.required) ?? [];
  const fields = [...new Set(required.map((miss) => miss.field ?? ''))].toSorted();
  return JSON.stringify([failure?.name ?? 'SelectorMissing', fields]);
}

function weight({ failure, extraction }: WitnessedPage): number {
  if (failure === undefined || failure.name === 'SelectorMissing') return 0;
  return extraction === undefined ? 2 : 1;
}

function rank({ docHash }: StagedPage): number {
  return sideByHash(docHash) === 'shown' ? 0 : 1;
}
