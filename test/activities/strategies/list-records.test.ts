import { describe, expect, test } from 'vitest';
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

interface ListCase {
  readonly seed: number;
  readonly from: Look;
  readonly to: Look;
  readonly view: EvidenceView;
  /** Another page of the new look, which nobody has seen. */
  readonly unseen: { readonly html: string; readonly entries: readonly Entry[] };
  readonly now: readonly Entry[];
}

function listCase(seed: number): ListCase {
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

function besides(bits: number): Look['beside'] {
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

type Outcome = 'recovered' | 'abstained' | 'wrong';

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

describe('lists whose pages changed (repair 15)', () => {
  test('hundreds of changes with known inverses: none is mended wrongly, most are mended', async () => {
    const cases = Array.from({ length: CASES }, (_, at) => listCase(at + 1));
    const began = performance.now();
    const outcomes: { one: ListCase; outcome: Outcome; why: string }[] = [];
    for (const one of cases) outcomes.push({ one, ...(await outcomeOf(one)) });
    const of = (wanted: Outcome) => outcomes.filter(({ outcome }) => outcome === wanted);
    const each = Math.round((performance.now() - began) / outcomes.length);
    console.log(
      `${outcomes.length} lists: ${of('recovered').length} recovered, ${of('abstained').length} abstained, ${of('wrong').length} wrong; ${each} ms each.`,
    );

    expect(of('wrong').map(({ one, why }) => `${one.seed}: ${why}`)).toEqual([]);
    expect(of('recovered').length).toBeGreaterThanOrEqual(0.85 * outcomes.length);
  }, 90_000);
});

const CASES = 150;
const CONTROLS = 25;

describe('lists that must be left alone', () => {
  test('an intact list is not touched', async () => {
    expect(await proposedFor((before, look, others) => listHtml(before, look, others))).toEqual([]);
  });

  test('a list that is gone is not replaced by what stands beside it', async () => {
    const beside: Look['beside'] = ['related', 'popular', 'navigation'];
    expect(
      await proposedFor((before, look, others) =>
        listHtml(before, { ...look, names: 1, beside }, others).replace(
          /<main>.*<\/main>/s,
          '<main><p>Nothing found.</p></main>',
        ),
      ),
    ).toEqual([]);
  });

  test('a list of other things in its place is none of the records', async () => {
    expect(
      await proposedFor((before, look, others, seed) =>
        listHtml(entriesOf(seed + 900, 0, before.length), { ...look, names: 1 }, others),
      ),
    ).toEqual([]);
  });

  test('a page that shows its list twice is left to people', async () => {
    expect(
      await proposedFor((before, look, others) =>
        listHtml(before, { ...look, names: 1 }, others).replace(
          /<main>(.*)<\/main>/s,
          '<main><div class="a">$1</div><div class="b">$1</div></main>',
        ),
      ),
    ).toEqual([]);
  });

  test('a required field that is gone from the records is not found in another', async () => {
    expect(
      await proposedFor((before, look, others) =>
        listHtml(before, { ...look, names: 1 }, others).replaceAll(/[\d.]+ €/g, 'on request'),
      ),
    ).toEqual([]);
  });
});

/** What is proposed, over many lists, when the page is written so. */
async function proposedFor(
  write: (before: readonly Entry[], look: Look, others: readonly Entry[], seed: number) => string,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let seed = 1; seed <= CONTROLS; seed += 1) {
    const layout = LIST_LAYOUTS[seed % LIST_LAYOUTS.length] ?? 'cards';
    const look: Look = { layout, names: 0, wraps: 0, order: 0, beside: besides(seed % 16) };
    const before = entriesOf(seed, 0, 15);
    const others = entriesOf(seed + 5_000, 0, 4);
    const { view } = evidenceOf({
      extract: extractOf(look),
      failure: 'EmptyResult',
      pages: [
        {
          url: LIST_URL,
          before: listHtml(before, look, others),
          now: write(before, look, others, seed),
        },
      ],
    });
    const { proposals } = await listRecords.propose(view);
    found.push(...proposals.map(({ patch }) => `${seed}: ${JSON.stringify(patch)}`));
  }
  return found;
}
