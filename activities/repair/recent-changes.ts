import type { Database } from '../../adapters/postgres/database.ts';
import type { Incident } from '../../adapters/postgres/incidents.ts';
import {
  readRecentChanges,
  type ChangeRow,
  type OutcomeRow,
} from '../../adapters/postgres/recent-changes.ts';

export interface RecentChange {
  readonly atMs: number;
  readonly kind: 'revision' | 'fix' | 'rollback' | 'outcome';
  /** One sentence, without anything that came from outside. */
  readonly what: string;
}

export interface RecentChanges {
  /** Newest first. */
  readonly entries: readonly RecentChange[];
  /** How many older ones are left out. */
  readonly dropped: number;
}

/** repair 2: of what came before, this much is told. */
const MAX_CHANGES = 20;

/** What happened to the source of an incident lately, and how earlier incidents of the same break or host ended. */
export async function recentChanges(db: Database, incident: Incident): Promise<RecentChanges> {
  const { id, tenant, source, fingerprint, host } = incident;
  const question = { tenant, source, incident: id, fingerprint, host, limit: MAX_CHANGES };
  const { rows, total } = await readRecentChanges(db, question);
  return {
    entries: rows.map((row) => ({ atMs: row.atMs, ...said(row) })),
    dropped: total - rows.length,
  };
}

function said(row: ChangeRow): Omit<RecentChange, 'atMs'> {
  if (row.kind === 'outcome') return { kind: 'outcome', what: endOf(row) };
  const { kind, author } = row;
  if (kind === 'revision') {
    const what = `Revision ${row.revision} by "${author}" changed the definition of the source.`;
    return { kind, what };
  }
  const fix = `fix of incident "${row.incident}"`;
  return kind === 'deployed'
    ? { kind: 'fix', what: `A ${fix} came into force, by "${author}".` }
    : { kind: 'rollback', what: `The ${fix} was taken back, by "${author}".` };
}

function endOf({ incident, source, failure, outcome, sameBreak }: OutcomeRow): string {
  const whose = sameBreak ? 'the same break' : `the same host, source "${source}",`;
  return `Incident "${incident}" of ${whose} ended ${outcome}; it was ${failure}.`;
}
