import { definitionByDigest } from '../../adapters/postgres/revisions.ts';
import { readIncident, type Incident } from '../../adapters/postgres/incidents.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import type { IncidentReference } from '../../workflows/repair/activities.ts';
import type { CandidateEvidence } from '../strategies/candidate.ts';
import type { RepairDependencies } from './dependencies.ts';
import { loadEvidence, loadHeldOut, type EvidenceQuestion } from './load-evidence.ts';

/** An incident with the definition that broke. */
export interface Case {
  readonly incident: Incident;
  readonly definition: SourceDefinition;
}

export interface OpenedCase extends Case {
  readonly kind: 'opened';
  readonly evidence: CandidateEvidence;
  /** What of the evidence is missing, cut or damaged. */
  readonly notes: readonly string[];
}

/** @throws NotFound - no such incident, or its definition is not stored. */
export async function openCase(
  { incident: id }: Pick<IncidentReference, 'incident'>,
  { db }: Pick<RepairDependencies, 'db'>,
): Promise<Case> {
  const incident = await readIncident(db, id);
  if (!incident)
    throw failure(
      'NotFound',
      `There is no incident "${id}". List them with "npm run cli -- repairs".`,
    );
  const definition = await definitionByDigest(db, incident.definitionDigest);
  if (!definition)
    throw failure(
      'NotFound',
      `The definition "${incident.definitionDigest.slice(0, 8)}" of incident "${id}" is not stored. Apply the definitions again.`,
    );
  return { incident, definition };
}

/** What stands for the incident in questions about evidence: its last run that met it. */
export function questionOf({ incident, definition }: Case, signal: AbortSignal): EvidenceQuestion {
  const { run, failure: name, fields } = incident;
  return { definition, run: run ?? '', failure: name, fields, signal };
}

/** The evidence for strategies, and the bodies that are held out for checks. */
export async function openEvidence(
  input: IncidentReference,
  deps: RepairDependencies,
  signal: AbortSignal,
): Promise<OpenedCase | { readonly kind: 'nothing'; readonly because: string }> {
  const opened = await openCase(input, deps);
  const question = questionOf(opened, signal);
  const loaded = await loadEvidence(question, deps);
  if (loaded.kind === 'nothing') return loaded;
  const { view, notes } = loaded;
  if (view.failing.length === 0)
    return {
      kind: 'nothing',
      because: 'No body of a failing page was kept, so nothing can be tried.',
    };
  const heldOut = await loadHeldOut(question, deps);
  return { kind: 'opened', ...opened, evidence: { view, heldOut }, notes };
}
