import type { EvidenceView } from '../../../activities/strategies/contract.ts';
import { listRecords } from '../../../activities/strategies/list-records.ts';
import { runExtractionSpec } from '../../../adapters/extraction/run-spec.ts';
import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';
import type { ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import { evidenceOf } from './broken.ts';
import {
  entriesOf,
  extractOf,
  LIST_LAYOUTS,
  LIST_URL,
  listHtml,
  randomOf,
  type Entry,
  type Look,
} from './list-site.ts';

type Break = 'renamed' | 'wrapped' | 'reshaped' | 'shuffled' | 'hashed';
const BREAKS: readonly Break[] = ['renamed', 'wrapped', 'reshaped', 'shuffled', 'hashed'];

/** A list page before and after a change whose inverse is known. */
export interface ListCase {
  readonly seed: number;
  readonly from: Look;
  readonly to: Look;
  readonly view: EvidenceView;
  /** Another page of the new look, which nobody has seen. */
  readonly unseen: { readonly html: string; readonly entries: readonly Entry[] };
  readonly now: readonly Entry[];
}

/** The same case for the same number. */
export function listCase(seed: number): ListCase {
  const random = randomOf(seed);
  const whole = (many: number): number => Math.floor(random() * many);
  const layout = LIST_LAYOUTS[seed % LIST_LAYOUTS.length] ?? 'cards';
  const kind = BREAKS[Math.floor(seed / LIST_LAYOUTS.length) % BREAKS.length] ?? 'renamed';
  const from: Look = { layout, names: 0, wraps: 0, order: 0, beside: besides(whole(16)) };
  const to: Look = {
    layout: kind === 'reshaped' ? (LIST_LAYOUTS[whole(LIST_LAYOUTS.length)] ?? 'cards') : layout,
    names: kind === 'hashed' ? 3 : ([1, 2, 4][whole(3)] ?? 1),
    wraps: kind === 'wrapped' ? 1 + whole(2) : 0,
    order: kind === 'shuffled' ? 1 + whole(4) : 0,
    beside: besides(whole(16)),
  };
  const before = entriesOf(seed, 0, 12 + whole(10));
  const now = changed(before, seed, random);
  const others = entriesOf(seed + 5_000, 0, 4);
  const next = entriesOf(seed, 300, 12);
  const { view } = evidenceOf({
    extract: extractOf(from),
    failure: 'EmptyResult',
    pages: [
      { url: LIST_URL, before: listHtml(before, from, others), now: listHtml(now, to, others) },
      { url: `${LIST_URL}?page=3`, before: listHtml(entriesOf(seed, 100, 12), from, others) },
    ],
  });
  return { seed, from, to, view, now, unseen: { html: listHtml(next, to, others), entries: next } };
}

/** What may stand beside a list, by bits. */
export function besides(bits: number): Look['beside'] {
  const all: Look['beside'] = ['related', 'popular', 'navigation', 'sponsored'];
  return all.filter((_, at) => (bits & (1 << at)) !== 0);
}

/** Some are gone, some are new, some cost more, and some changed places. */
function changed(before: readonly Entry[], seed: number, random: () => number): readonly Entry[] {
  const kept = before.filter((_, at) => (at + seed) % 5 !== 0);
  const fresh = entriesOf(seed, 200, Math.floor(random() * 4));
  return [...fresh, ...kept]
    .map((entry) =>
      random() < 0.2 ? { ...entry, price: Math.round(entry.price * 100 + 1000) / 100 } : entry,
    )
    .toSorted(() => random() - 0.5);
}

export type Outcome = 'recovered' | 'abstained' | 'wrong';

/** What the strategy makes of it, judged by what the pages say, the one that nobody has seen too. */
async function outcomeOf(
  one: ListCase,
): Promise<{ readonly outcome: Outcome; readonly why: string }> {
  const { proposals, abstains = '' } = await listRecords.propose(one.view);
  const [proposal] = proposals;
  if (proposal === undefined) return { outcome: 'abstained', why: abstains };
  const patched = patchedSpec(one.view.spec, proposal.patch);
  if ('refused' in patched) return { outcome: 'wrong', why: patched.refused };
  const failing = one.view.failing[0]?.body ?? '';
  const wrong =
    differenceTo(one.now, failing, patched.spec) ??
    differenceTo(one.unseen.entries, one.unseen.html, patched.spec);
  return wrong === undefined
    ? { outcome: 'recovered', why: '' }
    : { outcome: 'wrong', why: `${wrong} ${JSON.stringify(proposal.patch)}` };
}

function differenceTo(
  entries: readonly Entry[],
  html: string,
  spec: ExtractionSpec,
): string | undefined {
  const { records } = runExtractionSpec(spec, html, { url: LIST_URL, deadlineMs: 5_000 });
  if (records.length !== entries.length)
    return `There are ${records.length} records instead of ${entries.length}.`;
  const names = Object.keys(spec.fields);
  const wanted = entries.map((entry) =>
    Object.fromEntries(
      names.map((name) => [name, (entry as unknown as Record<string, unknown>)[name]]),
    ),
  );
  const at = records.findIndex((record, index) =>
    names.some((name) => JSON.stringify(record[name]) !== JSON.stringify(wanted[index]?.[name])),
  );
  return at < 0
    ? undefined
    : `Record ${at} is ${JSON.stringify(records[at])} instead of ${JSON.stringify(wanted[at])}.`;
}

/** Tries this many cases, and says on one line how they went. */
export async function tryLists(count: number): Promise<{
  readonly wrong: readonly string[];
  readonly recovered: number;
  readonly line: string;
}> {
  const cases = Array.from({ length: count }, (_, at) => listCase(at + 1));
  const began = performance.now();
  const outcomes: { one: ListCase; outcome: Outcome; why: string }[] = [];
  for (const one of cases) outcomes.push({ one, ...(await outcomeOf(one)) });
  const of = (wanted: Outcome) => outcomes.filter(({ outcome }) => outcome === wanted);
  const each = Math.round((performance.now() - began) / count);
  return {
    wrong: of('wrong').map(({ one, why }) => `${one.seed}: ${why}`),
    recovered: of('recovered').length / count,
    line: `${count} lists: ${of('recovered').length} recovered, ${of('abstained').length} abstained, ${of('wrong').length} wrong; ${each} ms each.`,
  };
}
