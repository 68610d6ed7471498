import { decodeText } from '../../adapters/extraction/charset.ts';
import { readInThread } from '../../adapters/extraction/extract-pool.ts';
import type { Extraction, ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { CandidateEvidence } from './candidate.ts';
import type { EvidencePage, EvidenceView } from './contract.ts';

/** A body of the evidence, with the part that it plays. */
export interface RoledPage {
  readonly page: EvidencePage;
  readonly role: 'failing' | 'shown' | 'held-out';
}

/** All bodies of the evidence, failing ones first. */
export function bodiesOf({ view, heldOut }: CandidateEvidence): readonly RoledPage[] {
  return [
    ...view.failing.map((page) => ({ page, role: 'failing' as const })),
    ...view.good.map((page) => ({ page, role: 'shown' as const })),
    ...heldOut.map((page) => ({ page, role: 'held-out' as const })),
  ];
}

/**
 * What each spec extracts from a body, in the order of the specs. Runs in a thread: a spec that a body keeps busy for too long, or whose
 * memory it exhausts, gets nothing but a violation, and the others are read without it.
 */
export async function trySpecs(
  body: RoledPage,
  specs: readonly ExtractionSpec[],
  options: TryOptions,
): Promise<readonly Extraction[]> {
  const texts = specs.map((spec) => textFor(body, spec));
  const results = new Map<ExtractionSpec, Extraction>();
  for (const text of new Set(texts)) {
    const group = specs.filter((_, at) => texts[at] === text);
    const read = await readGroup(text, body.page.finalUrl, group, options);
    for (const [at, spec] of group.entries()) results.set(spec, read[at] ?? UNREADABLE);
  }
  return specs.map((spec) => results.get(spec) ?? UNREADABLE);
}

/**
 * Fields whose value of the last good run a failing body still shows somewhere: a fix that reads another value there reads another place.
 * Empty for a body that nobody knows from before, that held a list, or that keeps the thread busy for too long.
 */
export async function standingOn(
  { page, role }: RoledPage,
  { spec, good }: EvidenceView,
  options: TryOptions,
): Promise<readonly string[]> {
  const [then, ...more] = good.find(({ url }) => url === page.url)?.records ?? [];
  if (role !== 'failing' || then === undefined || more.length > 0) return [];
  const asked = Object.entries(spec.fields).flatMap(([name, field]) => {
    const value = then[name];
    return value === undefined || typeof value === 'object' ? [] : [{ name, field, value }];
  });
  const format = spec.decode?.format;
  const body = { text: page.body, url: page.finalUrl, asked, ...(format ? { format } : {}) };
  try {
    return await readInThread('standing', body, options);
  } catch {
    options.signal.throwIfAborted();
    return [];
  }
}

export interface TryOptions {
  readonly signal: AbortSignal;
  /** For one body and all specs, and again for each spec alone when they took longer together. */
  readonly deadlineMs: number;
}

const UNREADABLE: Extraction = {
  records: [],
  served: {},
  misses: [],
  violations: [{ kind: 'limit', detail: 'The body could not be read by this spec in time.' }],
};

/**
 * How bytes became text is of the day on which they came: a good body keeps the text that it had then, and a charset that a candidate names
 * is tried on the failing ones.
 */
function textFor({ page, role }: RoledPage, { decode }: ExtractionSpec): string {
  if (role !== 'failing' || page.bytes === undefined || decode?.charset === undefined) {
    return page.body;
  }
  return decodeText(Buffer.from(page.bytes), `text/html; charset=${decode.charset}`);
}

async function readGroup(
  text: string,
  url: string,
  specs: readonly ExtractionSpec[],
  options: TryOptions,
): Promise<readonly Extraction[]> {
  try {
    return await readInThread('specs', { text, url, specs }, options);
  } catch {
    options.signal.throwIfAborted();
    if (specs.length === 1) return [UNREADABLE];
    const alone: Extraction[] = [];
    for (const spec of specs) alone.push(...(await readGroup(text, url, [spec], options)));
    return alone;
  }
}
