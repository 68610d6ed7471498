import type { RunSummary } from '../run-summary.ts';
import { recordsOf, volumeOf } from './baseline.ts';
import type { Finding, RunFacts } from './finding.ts';

/** In an increment fewer read records are single pages that broke, not the source. */
const MIN_RECORDS_OF_INCREMENT = 3;

/**
 * A required field that is missing on every record, or a list of records that is nowhere to be found, though a good run has found it before.
 * One occurrence is enough. What was never found is a definition that never fitted, and fails by itself.
 */
export function requiredField({ run, good }: RunFacts): readonly Finding[] {
  if (listIsGone(run, good)) return [goneList(run)];
  if (run.unmodified > 0 && run.records < MIN_RECORDS_OF_INCREMENT) return [];
  const gone = run.fields.filter(
    (field) =>
      field.required && field.present === 0 && recordsOf(field) > 0 && wasPresent(good, field.name),
  );
  const fields = gone.map(({ name }) => name).toSorted();
  if (fields.length === 0) return [];
  const many = Math.max(...gone.map(recordsOf));
  return [
    {
      detector: 'required-field',
      failure: 'SelectorMissing',
      fields,
      because: `The required ${named(fields)} missing on every record: 0 of ${many} had ${fields.length === 1 ? 'it' : 'them'}.`,
      severity: 'hold',
    },
  ];
}

function listIsGone(run: RunSummary, good: readonly RunSummary[]): boolean {
  return run.listsMissing > 0 && run.records === 0 && good.some(({ records }) => records > 0);
}

function goneList(run: RunSummary): Finding {
  const pages = `${run.listsMissing} ${run.listsMissing === 1 ? 'page' : 'pages'}`;
  return {
    detector: 'required-field',
    failure: 'SelectorMissing',
    fields: [''],
    because: `The list of records was not found on any of ${pages}; ${volumeOf(run)} records were read.`,
    severity: 'hold',
  };
}

function wasPresent(good: readonly RunSummary[], name: string): boolean {
  return good.some(({ fields }) =>
    fields.some((field) => field.name === name && field.present > 0),
  );
}

function named(fields: readonly string[]): string {
  const quoted = fields.map((name) => `"${name}"`).join(', ');
  return fields.length === 1 ? `field ${quoted} is` : `fields ${quoted} are`;
}
