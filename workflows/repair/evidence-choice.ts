/** Who may see a body: those who look for a fix, or checks alone. */
export type EvidenceSide = 'shown' | 'held-out';

/** A version of a page that is kept. */
export interface KeptPage {
  /** Its name among the rows. */
  readonly page: string;
  readonly role: 'good' | 'failing';
  readonly docHash: string;
  readonly shape: string;
  readonly side: EvidenceSide;
  readonly bodySha256: string;
  readonly valuesSha256: string;
  /** Grows with each version: when it was stored. */
  readonly atMs: number;
  readonly confirmedAtMs: number;
  /** The run that brought it. */
  readonly run: string;
  /** `good` when a run that confirmed it has ended well, `pending` while the first one runs, else `bad`. */
  readonly standing: 'good' | 'pending' | 'bad';
  /** The document is deleted. */
  readonly gone: boolean;
}

/** A page that was read well and may be worth keeping. */
export interface OfferedPage {
  readonly docHash: string;
  readonly shape: string;
}

export const MAX_SAMPLED_DOCUMENTS = 20;
export const MAX_VERSIONS = 5;
export const MAX_SHAPES = 10;
/** Of a shape that nothing is known of, while there are ten others: a site whose pages are all built differently must not cost a write each. */
const MAX_NEW_SHAPES = 2;
/** Pages of runs that ended badly, and failing pages, are kept of so many runs. */
const MAX_BAD_RUNS = 10;
/** A body that changes while its values and shape stay is stored again after this time. */
const BODY_REFRESH_MS = 24 * 60 * 60 * 1000;

/**
 * Is the page worth a sample? The documents with the smallest hashes are sampled, so that it is the same ones in each run; besides, one page of each
 * shape that none of these has.
 */
export function isWorthKeeping(
  offer: OfferedPage,
  kept: readonly KeptPage[],
  run: string,
): boolean {
  const standing = kept.filter((one) => one.role === 'good' && !one.gone && counts(one));
  const smaller = new Set(
    standing.filter((one) => one.docHash < offer.docHash).map((one) => one.docHash),
  );
  if (smaller.size < MAX_SAMPLED_DOCUMENTS) return true;
  const sameShape = standing.filter((one) => one.shape === offer.shape);
  if (sameShape.length > 0) return isKeptForShape(offer, sameShape, standing);
  const shapes = new Set(standing.map((one) => one.shape));
  const isNew = (one: KeptPage): boolean =>
    one.run === run && one.docHash > largestSampled(standing);
  return shapes.size < MAX_SHAPES || standing.filter(isNew).length < MAX_NEW_SHAPES;
}

function counts({ standing }: KeptPage): boolean {
  return standing !== 'bad';
}

/** Its document stands for the shape, since no sampled one does. */
function isKeptForShape(
  { docHash }: OfferedPage,
  sameShape: readonly KeptPage[],
  standing: readonly KeptPage[],
): boolean {
  const limit = largestSampled(standing);
  return (
    sameShape.some((one) => one.docHash === docHash) &&
    sameShape.every((one) => one.docHash > limit)
  );
}

/** The hash of the last document that is sampled for its hash alone; beyond it pages stand for their shapes. */
function largestSampled(standing: readonly KeptPage[]): string {
  return documentsOf(standing)[MAX_SAMPLED_DOCUMENTS - 1] ?? '~';
}

function documentsOf(pages: readonly KeptPage[]): readonly string[] {
  return [...new Set(pages.map((one) => one.docHash))].toSorted();
}

export interface OfferedVersion extends OfferedPage {
  readonly bodySha256: string;
  readonly valuesSha256: string;
}

/** The version that says the same as this page, so that nothing need be stored; undefined for news. */
export function sameVersion(
  offer: OfferedVersion,
  kept: readonly KeptPage[],
  nowMs: number,
): KeptPage | undefined {
  const versions = kept
    .filter((one) => one.role === 'good' && one.docHash === offer.docHash)
    .toSorted((a, b) => b.atMs - a.atMs);
  const equal = versions.find(
    (one) => one.bodySha256 === offer.bodySha256 && one.valuesSha256 === offer.valuesSha256,
  );
  if (equal !== undefined) return equal;
  const newest = versions.find(counts);
  const isLike =
    newest !== undefined &&
    newest.valuesSha256 === offer.valuesSha256 &&
    newest.shape === offer.shape &&
    nowMs - newest.atMs < BODY_REFRESH_MS;
  return isLike ? newest : undefined;
}

/**
 * What need not be kept any longer: of good pages everything but the newest five versions of the sampled documents and the newest page of each
 * shape beside them; of bad runs everything but the latest few. A pending page takes the place of no good one before its run has ended well.
 */
export function surplusPages(kept: readonly KeptPage[]): readonly KeptPage[] {
  const good = kept.filter((one) => one.role === 'good');
  const known = retained(good.filter((one) => one.standing === 'good' && !one.gone));
  const pending = retained(good.filter((one) => one.standing === 'pending' && !one.gone));
  const bad = ofLatestRuns(good.filter((one) => one.standing === 'bad'));
  const failing = ofLatestRuns(kept.filter((one) => one.role === 'failing'));
  const keep = new Set([...known, ...pending, ...bad, ...failing]);
  return kept.filter((one) => !keep.has(one));
}

function retained(pages: readonly KeptPage[]): readonly KeptPage[] {
  const sampled = documentsOf(pages).slice(0, MAX_SAMPLED_DOCUMENTS);
  const newestFirst = pages.toSorted((a, b) => b.atMs - a.atMs);
  const versions = sampled.flatMap((docHash) =>
    newestFirst.filter((one) => one.docHash === docHash).slice(0, MAX_VERSIONS),
  );
  const covered = new Set(versions.map((one) => one.shape));
  const others = newestFirst
    .filter((one) => !sampled.includes(one.docHash) && !covered.has(one.shape))
    .toSorted((a, b) => b.confirmedAtMs - a.confirmedAtMs || b.atMs - a.atMs);
  const byShape = [...Map.groupBy(others, (one) => one.shape).values()].flatMap((group) =>
    group.slice(0, 1),
  );
  return [...versions, ...byShape.slice(0, Math.max(0, MAX_SHAPES - covered.size))];
}

function ofLatestRuns(pages: readonly KeptPage[]): readonly KeptPage[] {
  const newest = new Map<string, number>();
  for (const { run, atMs } of pages) newest.set(run, Math.max(atMs, newest.get(run) ?? 0));
  const latest = [...newest].toSorted(([, a], [, b]) => b - a).slice(0, MAX_BAD_RUNS);
  const runs = new Map(latest);
  return pages.filter((one) => runs.has(one.run));
}

/** Three of ten documents are held out, by their hash: whoever looks at a document finds it on the same side, for ever. */
export function sideByHash(docHash: string): EvidenceSide {
  const share = Number.parseInt(docHash.slice(0, 8), 16) / 0xffffffff;
  // What is no hash is shown rather than lost for repair.
  return share < HELD_OUT_SHARE ? 'held-out' : 'shown';
}

const HELD_OUT_SHARE = 0.3;
/** With fewer documents nothing is held out: there would be too little to look at. */
const MIN_FOR_HOLDING_OUT = 3;

/**
 * The sides of documents that are stored for the first time, given those that have one already. Nothing is held out of fewer than three documents;
 * from three on at least one is, and at least one is shown.
 */
export function assignSides(
  fresh: readonly string[],
  known: ReadonlyMap<string, EvidenceSide>,
): ReadonlyMap<string, EvidenceSide> {
  const sorted = [...new Set(fresh)].filter((one) => !known.has(one)).toSorted();
  const total = known.size + sorted.length;
  const enough = total >= MIN_FOR_HOLDING_OUT;
  const sides = new Map(sorted.map((one) => [one, enough ? sideByHash(one) : 'shown'] as const));
  if (!enough) return sides;
  const all = new Set([...known.values(), ...sides.values()]);
  const last = sorted.at(-1);
  if (last !== undefined && !all.has('held-out')) sides.set(last, 'held-out');
  if (last !== undefined && !all.has('shown')) sides.set(last, 'shown');
  return sides;
}
