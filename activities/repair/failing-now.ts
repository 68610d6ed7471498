import type {
  Extraction,
  ExtractedRecord,
  ExtractionSpec,
} from '../../workflows/collection/extraction-spec.ts';
import { learnFields, looksLearned } from '../../workflows/repair/learned-fields.ts';
import { compareReadings } from '../../workflows/repair/stable-records.ts';
import type { EvidencePage, EvidenceView, GoodSample } from '../strategies/contract.ts';
import { trySpecs } from '../strategies/try-specs.ts';

/**
 * Which fields fail when the kept pages are read once more by the spec in force, sorted; `records` itself is the empty text. What a page may
 * say: a value is missing, breaks what is expected or looks unlike all earlier ones, one that must not change has, the list has shrunk, or it
 * leads on no more. Of the fields of an incident, or, where it names none, of those that have to be there.
 */
export async function failingNow(
  { spec, failing, good }: EvidenceView,
  fields: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = new Set<string>();
  const oddities = oddValues(spec, good);
  for (const page of failing) {
    const now = await read(page, spec, signal);
    const before = good.find(({ url }) => url === page.url);
    for (const name of missing(now, fields.length === 0)) found.add(name);
    if (before && hasShrunk(before, now, await read(before, spec, signal))) found.add('');
    // What nobody says is failing may look otherwise today.
    if (fields.length === 0) continue;
    for (const { field } of now.violations) if (field !== undefined) found.add(field);
    for (const name of [...oddities(now.records), ...changed(spec, good, page, now)])
      found.add(name);
  }
  const wanted = fields.length === 0 ? [...found] : fields.filter((field) => found.has(field));
  return wanted.toSorted();
}

const DEADLINE_MS = 20_000;
const SHRUNK = 0.3;

async function read(
  page: EvidencePage,
  spec: ExtractionSpec,
  signal: AbortSignal,
): Promise<Extraction> {
  const options = { signal, deadlineMs: DEADLINE_MS };
  const [found] = await trySpecs({ page, role: 'shown' }, [spec], options);
  return found ?? { records: [], served: {}, misses: [], violations: [] };
}

/** A page without any record misses the records. */
function missing({ misses, records }: Extraction, requiredAlone: boolean): readonly string[] {
  const names = misses
    .filter(({ required }) => required || !requiredAlone)
    .map(({ field }) => field ?? '');
  return records.length === 0 && names.length === 0 ? [''] : names;
}

function hasShrunk(before: GoodSample, now: Extraction, then: Extraction): boolean {
  const isShort = now.records.length < before.records.length * SHRUNK;
  return isShort || (then.next !== undefined && now.next === undefined);
}

/** Of fields whose values look unlike everything that was good before, in most records. */
function oddValues(spec: ExtractionSpec, good: readonly GoodSample[]) {
  const learned = Object.entries(
    learnFields(
      spec,
      good.flatMap(({ records }) => records),
    ),
  );
  return (records: readonly ExtractedRecord[]): readonly string[] =>
    learned.flatMap(([name, known]) => {
      const values = records.flatMap((record) => (name in record ? [record[name] ?? ''] : []));
      const odd = values.filter((value) => !looksLearned(known, value)).length;
      return odd * 2 > values.length ? [name] : [];
    });
}

/** `stable` fields that are read otherwise than in a good run: in a body that it has read, too, or where page and sample have one record each. */
function changed(
  { fields }: ExtractionSpec,
  good: readonly GoodSample[],
  { url, body }: EvidencePage,
  { records }: Extraction,
): readonly string[] {
  const samples = good.filter((one) => one.url === url);
  const before = samples.find((one) => one.body === body) ?? samples[0];
  if (before === undefined) return [];
  const isAlike = before.body === body || (before.records.length === 1 && records.length === 1);
  if (!isAlike) return [];
  const stable = Object.keys(fields).filter((name) => fields[name]?.stable);
  const compared = compareReadings(before.records, records, stable);
  return compared.filter(({ same }) => !same).map(({ field }) => field);
}
