import { cancellationSignal } from '@temporalio/activity';
import { noteRepair, type Incident } from '../../adapters/postgres/incidents.ts';
import { digestOf } from '../../adapters/definitions/digest.ts';
import { timeText } from '../../workflows/approval/words.ts';
import { classify } from '../../workflows/classify.ts';
import type { FailureName } from '../../workflows/failures.ts';
import type { Diagnosis, IncidentReference } from '../../workflows/repair/activities.ts';
import { openSource } from '../collection/open-source.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { RepairDependencies } from './dependencies.ts';
import { loadEvidence, type LoadedEvidence } from './load-evidence.ts';
import { openCase, questionOf } from './open-case.ts';
import { recentChanges, type RecentChanges } from './recent-changes.ts';
import { writeBundle, type BundleQuestion } from './write-bundle.ts';

const MAX_FACTS = 10;
const MAX_FACT = 200;

/**
 * Writes the bundle of the incident and says in plain facts what broke. The same evidence gives the same bundle. Where no bundle can lie, people
 * have the facts, which say so: an incident never ends for its evidence.
 */
export async function gatherEvidence(
  input: IncidentReference,
  deps: RepairDependencies,
): Promise<Diagnosis> {
  return withHeartbeat(
    () => ({ incident: input.incident }),
    async () => {
      const opened = await openCase(input, deps);
      const { incident } = opened;
      const question = questionOf(opened, cancellationSignal());
      const { redact } = await openSource(incident.definitionDigest, deps);
      const changes = await recentChanges(deps.db, incident);
      const loaded = await loadEvidence(question, deps);
      const facts = factsOf(incident, changes, loaded).map((fact) =>
        redact(fact).slice(0, MAX_FACT).toWellFormed(),
      );
      const { because } = incident;
      const bundle = { ...question, incident: incident.id, because, facts, changes, redact };
      const diagnosis = await written(bundle, deps);
      await noteRepair(deps.db, incident.id, { ...diagnosis });
      return diagnosis;
    },
  );
}

async function written(bundle: BundleQuestion, deps: RepairDependencies): Promise<Diagnosis> {
  const { facts } = bundle;
  try {
    return { evidence: await writeBundle(bundle, deps), facts };
  } catch (error) {
    const { name, message } = classify(error);
    if (!REFUSALS.has(name)) throw error;
    const why = bundle.redact(`No evidence is kept: ${message}`);
    const told = [...facts.slice(0, MAX_FACTS - 1), why.slice(0, MAX_FACT).toWellFormed()];
    const sha256 = digestOf(told);
    return { evidence: { key: '', sha256, bytes: 0 }, facts: told };
  }
}

/** Answers of a bucket that repeating does not change: people have to. */
const REFUSALS: ReadonlySet<FailureName> = new Set(['AccessDenied', 'InvalidConfig', 'NotFound']);

function factsOf(
  incident: Incident,
  changes: RecentChanges,
  loaded: LoadedEvidence,
): readonly string[] {
  const { because, firstFailureAt, occurrences, fields, regressionOf } = incident;
  const seen = `Seen ${occurrences === 1 ? 'once' : `${occurrences} times`}, since ${timeText(firstFailureAt.getTime())}.`;
  const what = fields.length === 0 ? [] : [`It is about ${fields.map(fieldName).join(', ')}.`];
  const again =
    regressionOf === null ? [] : [`The fix of incident "${regressionOf}" did not hold.`];
  const before = lastChange(incident, changes);
  return [because, seen, ...what, ...again, ...before, ...evidenceFacts(loaded)].slice(
    0,
    MAX_FACTS,
  );
}

const DAY_MS = 86_400_000;

/** What somebody, or a repair, changed of the source in the day before it broke: the first thing to look at. */
function lastChange({ firstFailureAt }: Incident, { entries }: RecentChanges): readonly string[] {
  const brokeMs = firstFailureAt.getTime();
  const last = entries.find(
    ({ kind, atMs }) => kind !== 'outcome' && atMs <= brokeMs && atMs > brokeMs - DAY_MS,
  );
  return last ? [`Shortly before, at ${timeText(last.atMs)}: ${last.what}`] : [];
}

function fieldName(field: string): string {
  return field === '' ? 'the list of records' : `"${field}"`;
}

function evidenceFacts(loaded: LoadedEvidence): readonly string[] {
  if (loaded.kind === 'nothing') return [loaded.because];
  const { failing, good } = loaded.view;
  const statuses = [...new Set(failing.map(({ status }) => status))].toSorted((a, b) => a - b);
  return [
    `${failing.length} failing pages were kept (status ${statuses.join(', ') || 'unknown'}), and ${good.length} good samples may be compared.`,
    ...loaded.notes,
  ];
}
