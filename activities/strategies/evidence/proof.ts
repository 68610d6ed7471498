import type {
  ExtractedRecord,
  ExtractionSpec,
  FieldSpec,
  Locator,
} from '../../../workflows/collection/extraction-spec.ts';
import type { EvidencePage, EvidenceView } from '../contract.ts';
import { joinRecords } from './join.ts';
import { readPage } from './pages.ts';
import { fits, learnProfile } from './profile.ts';
import { isDistinctive, sameValue } from './same-value.ts';

/** What speaks for one place of a field, and what against it. Counts are of records. */
export interface Proof {
  /** The same document had this value before. */
  readonly equal: number;
  readonly different: number;
  /** Distinct values among the equal ones that hardly appear twice by chance. */
  readonly telling: number;
  /** On good bodies the place held the value that the spec read elsewhere. */
  readonly goodEqual: number;
  readonly goodDifferent: number;
  readonly goodTelling: number;
  /** Share of the records on failing pages in which the place holds a valid value. */
  readonly presence: number;
  /** Share of these that look like the values before; 1 where none are known. */
  readonly likeness: number;
  /** Distinct values on the failing pages. */
  readonly distinct: number;
  /** Values on the failing pages: places with the same signature are one finding. */
  readonly signature: string;
}

/** Reads one field from one place alone, on every page of the evidence. `change` may also set other normalisers. */
export function proveField(view: EvidenceView, name: string, change: Partial<FieldSpec>): Proof {
  const field = view.spec.fields[name];
  if (field === undefined) return UNPROVED;
  const spec = withField(view, name, { ...field, ...change });
  const now = view.failing.map((page) => pageRecords(page, spec));
  const failing = new Set(view.failingFields);
  const pairs = joinRecords(view.spec, view.good, now, failing);
  const comparisons = compare(name, field, pairs);
  const good = compare(
    name,
    field,
    view.good.flatMap((sample) => onGoodBody(sample, spec)),
  );
  const records = now.flatMap(({ records }) => records);
  const values = records.flatMap((record) => (record[name] === undefined ? [] : [record[name]]));
  const profile = learnProfile(
    view.good.flatMap((sample) => sample.records),
    name,
  );
  const alike = profile === undefined ? values : values.filter((value) => fits(profile, value));
  const texts = values.map((value) => JSON.stringify(value));
  return {
    ...comparisons,
    goodEqual: good.equal,
    goodDifferent: good.different,
    goodTelling: good.telling,
    presence: records.length === 0 ? 0 : values.length / records.length,
    likeness: values.length === 0 ? 0 : alike.length / values.length,
    distinct: new Set(texts).size,
    signature: JSON.stringify(
      now.map(({ records }) => records.map((record) => record[name] ?? null)),
    ),
  };
}

/** The same for a locator: it alone, so that an old one does not lend it its values. */
export function proveLocator(view: EvidenceView, name: string, locator: Locator): Proof {
  return proveField(view, name, { locators: [locator] });
}

/** How often the field is there when all is well; a little less is still well. */
export function expectedPresence(view: EvidenceView, name: string): number {
  const profile = learnProfile(
    view.good.flatMap((sample) => sample.records),
    name,
  );
  const learned = profile?.presence ?? (view.spec.fields[name]?.required === false ? 0.5 : 1);
  return Math.max(0.01, learned - 0.1);
}

const UNPROVED: Proof = {
  equal: 0,
  different: 0,
  telling: 0,
  goodEqual: 0,
  goodDifferent: 0,
  goodTelling: 0,
  presence: 0,
  likeness: 0,
  distinct: 0,
  signature: '',
};

/** Fields that fail are left out: they cost time and cannot tell records apart. */
function withField(
  { spec, failingFields }: EvidenceView,
  name: string,
  field: FieldSpec,
): ExtractionSpec {
  const others = Object.entries(spec.fields).filter(
    ([other, { type }]) => other !== name && !failingFields.includes(other) && type !== 'html',
  );
  return { ...spec, fields: { ...Object.fromEntries(others), [name]: field } };
}

function pageRecords(page: EvidencePage, spec: ExtractionSpec) {
  return { url: page.url, records: readPage(page, spec).records };
}

interface Compared {
  readonly before: ExtractedRecord;
  readonly now: ExtractedRecord;
}

function onGoodBody(
  sample: EvidenceView['good'][number],
  spec: ExtractionSpec,
): readonly Compared[] {
  const { records } = readPage(sample, spec);
  if (records.length !== sample.records.length) return [];
  return records.flatMap((now, at) => {
    const before = sample.records[at];
    return before === undefined ? [] : [{ before, now }];
  });
}

function compare(name: string, { type }: FieldSpec, pairs: readonly Compared[]) {
  const telling = new Set<string>();
  let [equal, different] = [0, 0];
  for (const { before, now } of pairs) {
    const [old, current] = [before[name], now[name]];
    if (old === undefined || current === undefined) continue;
    if (!sameValue(old, current, type)) different += 1;
    else {
      equal += 1;
      if (isDistinctive(old)) telling.add(JSON.stringify(old));
    }
  }
  return { equal, different, telling: telling.size };
}
