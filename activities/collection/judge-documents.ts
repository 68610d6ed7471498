import {
  readRunNumbers,
  readShrunken,
  readViolations,
  type ShrunkenDocument,
} from '../../adapters/postgres/baselines.ts';
import type {
  ReconcileDocumentsInput,
  ReconcileReport,
} from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import {
  judgeDocuments,
  type RunAnomaly,
  type RunNumbers,
} from '../../workflows/collection/run-anomalies.ts';
import type { HeldReport } from '../../workflows/collection/run-status.ts';
import { answers, askPeople, endQuestions, rejectedBy, sha256 } from './ask-people.ts';
import type { CollectionDependencies } from './dependencies.ts';

/** What became of the documents of a run, beside those that would go. */
type DocumentsReport = Pick<ReconcileReport, 'held' | 'kept' | 'asked'>;

export interface JudgedDocuments {
  readonly report: DocumentsReport;
  /** False while the run as a whole looks wrong, whatever people say of it: then nothing that is missing may be deleted. */
  readonly mayDelete: boolean;
}

const SAMPLE = 10;

/**
 * Looks at the documents of a run as a whole, and asks people about texts that shrank and about too many refused documents; questions that
 * the run answers by itself end. Idempotent.
 */
export async function judgeRunDocuments(
  input: ReconcileDocumentsInput,
  definition: SourceDefinition,
  deps: CollectionDependencies,
): Promise<JudgedDocuments> {
  const { tenant, source, runId: run } = input;
  const numbers = await readRunNumbers(deps.db, { tenant, source, run });
  const anomaly = judgeDocuments(numbers);
  const shrunken = await aboutShrunken(anomaly, numbers, { input, definition, deps });
  const violations = await aboutViolations(anomaly, numbers, { input, definition, deps });
  const held = shrunken.held ?? violations.held;
  const kept = [shrunken.kept, violations.kept].filter((one) => one !== undefined).join('; ');
  const report = {
    ...(held ? { held } : {}),
    ...(kept === '' ? {} : { kept }),
    ...(shrunken.asked === undefined ? {} : { asked: shrunken.asked }),
  };
  return { report, mayDelete: anomaly === undefined };
}

interface Place {
  readonly input: ReconcileDocumentsInput;
  readonly definition: SourceDefinition;
  readonly deps: CollectionDependencies;
}

/** A few of them hold themselves only; many hold the run. Either way a person is asked, for nothing else lets them in. */
async function aboutShrunken(
  anomaly: RunAnomaly | undefined,
  { shrunken, live }: RunNumbers,
  { input, definition, deps }: Place,
): Promise<DocumentsReport> {
  if (shrunken === 0) {
    await endQuestions(['shrunken'], input, deps);
    return {};
  }
  const documents = await readShrunken(deps.db, input);
  const report = shrunkenReport(documents, live, anomaly);
  const members = documents.map(({ hash, bytes }) => ({ hash, bytes, rule: 'its text shrank' }));
  const { listingComplete } = input;
  const matter = { kind: 'shrunken', report, documents: members, listingComplete } as const;
  const rejected = await askPeople(matter, input, definition, deps);
  if (rejected) {
    const what = shrunken === 1 ? '1 shorter text was' : `${shrunken} shorter texts were`;
    return { kept: `${what} rejected ${rejectedBy(rejected, report.digest)}` };
  }
  if (anomaly?.kind === 'shrunken') return { held: report };
  return { asked: answers(report.digest, 'stores the shorter texts', 'keeps the stored ones') };
}

function shrunkenReport(
  documents: readonly ShrunkenDocument[],
  live: number,
  anomaly: RunAnomaly | undefined,
): HeldReport {
  const hashes = documents.map(({ hash }) => hash);
  const digest = sha256(['shrunken', ...hashes].join('\n'));
  const few = `${documents.length} of ${live} documents ${documents.length === 1 ? 'has' : 'have'} lost most of ${documents.length === 1 ? 'its' : 'their'} text. The stored versions stay live.`;
  const reason = anomaly?.kind === 'shrunken' ? anomaly.reason : few;
  return {
    kind: 'shrunken',
    failure: 'ContentShrank',
    reason: `${reason} ${answers(digest, 'stores the shorter texts', 'keeps the stored ones')}`,
    digest,
    candidates: documents.length,
    live,
    sample: documents.slice(0, SAMPLE).map(shrunkenLine),
  };
}

function shrunkenLine({ title, docId, bytes, storedBytes }: ShrunkenDocument): string {
  return `${(title ?? docId).slice(0, 100)}: ${bytes} bytes instead of ${storedBytes}`;
}

async function aboutViolations(
  anomaly: RunAnomaly | undefined,
  { violations, read }: RunNumbers,
  { input, definition, deps }: Place,
): Promise<DocumentsReport> {
  if (anomaly?.kind !== 'violations') {
    // Another anomaly says nothing about this one, and neither does a run that read nothing.
    if (!anomaly && read > 0) await endQuestions(['violations'], input, deps);
    return {};
  }
  const { tenant, source, runId: run, listingComplete } = input;
  // Of the source, not of these documents: others break the same promise in the next run.
  const digest = sha256(['violations', tenant, source].join('\n'));
  const report: HeldReport = {
    kind: 'violations',
    failure: anomaly.failure,
    reason: `${anomaly.reason} ${answers(digest, 'accepts that share', 'keeps deleting nothing')}`,
    digest,
    candidates: violations,
    live: read,
    sample: await readViolations(deps.db, { tenant, source, run, limit: SAMPLE }),
  };
  const baseline = { share: violations / read };
  const matter = { kind: 'violations', report, documents: [], listingComplete, baseline } as const;
  const rejected = await askPeople(matter, input, definition, deps);
  if (!rejected) return { held: report };
  return {
    kept: `nothing was deleted, because ${violations} of ${read} documents were refused, and accepting that was rejected ${rejectedBy(rejected, digest)}`,
  };
}
