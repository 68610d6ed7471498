import { cancellationSignal } from '@temporalio/activity';
import { mapTexts } from '../../adapters/definitions/map-texts.ts';
import {
  readFolders,
  readOpenRuns,
  type ManifestFolder,
} from '../../adapters/postgres/examinations.ts';
import { definitionsInForce } from '../../adapters/postgres/revisions.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type {
  ExaminationReport,
  ExaminedCounts,
  ExamineSystemInput,
} from '../../workflows/collection/examination.ts';
import { failure } from '../../workflows/failures.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { examineKnowledge } from './examine-knowledge.ts';
import { examineRecords } from './examine-records.ts';
import { examineSchedules } from './examine-schedules.ts';
import { examineStorage } from './examine-storage.ts';
import { createFindings, type Findings } from './findings.ts';

/** What every part of an examination is given. */
export interface Examination {
  readonly input: ExamineSystemInput;
  readonly deps: CollectionDependencies;
  /** Those that are looked at: all in force, or the one that was asked for. */
  readonly definitions: readonly SourceDefinition[];
  /** Where the manifest says that their documents lie, of sources that left the definitions, too. */
  readonly folders: readonly ManifestFolder[];
  readonly findings: Findings;
  /** Grows while the examination goes on: it is what the heartbeats tell. */
  readonly looked: { -readonly [Name in keyof ExaminedCounts]: number };
  readonly signal: AbortSignal;
}

/** Looks at everything that should agree, one part after the other. A part that cannot be looked at is a note; the others go on. Reads only. */
export async function examineSystem(
  input: ExamineSystemInput,
  deps: CollectionDependencies,
): Promise<ExaminationReport> {
  const looked = { sources: 0, schedules: 0, documents: 0, objects: 0, indexed: 0 };
  const findings = createFindings(input.shown);
  return withHeartbeat(
    () => ({ ...looked }),
    async () => {
      const examination = await open({ input, deps, findings, looked });
      for (const [what, look] of PARTS) await part(what, look, examination);
      return fitted({ groups: findings.groups(), looked, notes: findings.notes() });
    },
  );
}

type Look = (examination: Examination) => Promise<void>;

const PARTS: readonly (readonly [what: string, look: Look])[] = [
  ['Schedules', examineSchedules],
  ['Records', examineRecords],
  ['S3', examineStorage],
  ['Knowledge bases', examineKnowledge],
];

async function open(
  parts: Pick<Examination, 'input' | 'deps' | 'findings' | 'looked'>,
): Promise<Examination> {
  const { input, deps, looked, findings } = parts;
  const { source } = input;
  const inForce = await definitionsInForce(deps.db);
  const definitions = inForce.filter(({ id }) => source === undefined || id === source);
  const folders = await readFolders(deps.db, source);
  if (source !== undefined && definitions.length + folders.length === 0) throw unknown(source);
  looked.sources = new Set([
    ...definitions.map(({ id }) => id),
    ...folders.map((one) => one.source),
  ]).size;
  const open = await readOpenRuns(deps.db, source);
  if (open.length > 0)
    findings.note(
      `${open.length === 1 ? `Run "${open[0]?.id ?? ''}" is` : `${open.length} runs are`} under way: what it is about to write may look missing.`,
    );
  return { ...parts, definitions, folders, signal: cancellationSignal() };
}

function unknown(source: string): Error {
  return failure(
    'NotFound',
    `No source "${source}" is in force, and nothing is stored of one. "npm run cli -- sources" lists them.`,
  );
}

/** What is away must not hide what can be seen. */
async function part(what: string, look: Look, examination: Examination): Promise<void> {
  try {
    await look(examination);
  } catch (error) {
    examination.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    examination.findings.note(`${what} could not be looked at to the end: ${reason}`);
  }
}

/** The report stays below 8 KB, the bound of a payload. */
const MAX_REPORT_BYTES = 7500;

/** Shows fewer of each kind until it fits, then shorter sentences; totals stay. */
function fitted(report: ExaminationReport): ExaminationReport {
  const most = Math.max(0, ...report.groups.map(({ shown }) => shown.length));
  for (let shown = most; shown >= 1; shown -= 1) {
    const fewer = withFewer(report, shown);
    if (sizeOf(fewer) <= MAX_REPORT_BYTES) return fewer;
  }
  const one = withFewer(report, 1);
  return (
    [300, 150, 80]
      .map((length) => mapTexts(one, (text) => text.slice(0, length)) as ExaminationReport)
      .find((shorter) => sizeOf(shorter) <= MAX_REPORT_BYTES) ?? { ...one, groups: [] }
  );
}

function withFewer(report: ExaminationReport, count: number): ExaminationReport {
  const groups = report.groups.map((group) => ({ ...group, shown: group.shown.slice(0, count) }));
  return { ...report, groups };
}

function sizeOf(report: ExaminationReport): number {
  return Buffer.byteLength(JSON.stringify(report));
}
