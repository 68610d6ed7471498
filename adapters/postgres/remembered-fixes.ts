import { sql } from 'kysely';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import { digestOf } from '../definitions/digest.ts';
import { sketchSimilarity } from '../extraction/page-shape.ts';
import type { Database } from './database.ts';
import { fieldsKey } from './repair-outcomes.ts';

/** A fix that was verified before, for something like what is broken now. */
export interface RememberedFix {
  readonly patch: SpecPatch;
  /** How it was found, best first: the very same break, the same fields of a host, or pages of the same shape. */
  readonly by: 'fingerprint' | 'host' | 'shape';
  /** Of the page's shape, 0..1; 1 for the others. */
  readonly similarity: number;
  readonly successes: number;
  readonly failures: number;
}

export interface RememberQuestion {
  readonly tenant: string;
  readonly source: string;
  readonly fingerprint: string;
  readonly host?: string;
  readonly failure: string;
  readonly failingFields: readonly string[];
  readonly pageShape?: readonly number[];
}

/** Without a success for so long, a fix is forgotten. */
const EXPIRY_MS = 180 * 86_400_000;
const MAX_ROWS = 2000;
const MAX_FIXES = 5;
const LIKE_PAGES = 0.5;

/**
 * Fixes of the same tenant that verified outcomes speak for, best first, at most five. What failed as often as it helped is not among them, and
 * made-up outcomes never are.
 */
export async function readRememberedFixes(
  db: Database,
  question: RememberQuestion,
  now: Date,
): Promise<readonly RememberedFix[]> {
  const rows = await outcomesLike(db, question, new Date(now.getTime() - EXPIRY_MS));
  const groups = Map.groupBy(rows, ({ patch }) => digestOf(patch));
  const fixes = [...groups.values()].flatMap((group) => fixOf(group, question) ?? []);
  return fixes.toSorted(better).slice(0, MAX_FIXES);
}

type Row = Awaited<ReturnType<typeof outcomesLike>>[number];

async function outcomesLike(db: Database, { tenant, failure }: RememberQuestion, since: Date) {
  return db
    .selectFrom('repair_outcomes')
    .select([
      'source',
      'fingerprint',
      'host',
      'fields',
      'patch',
      'page_shape',
      'label',
      'labelled_by',
    ])
    .where('tenant', '=', tenant)
    .where('failure', '=', failure)
    .where('synthetic', '=', false)
    .where('label', 'in', ['success', 'failure'])
    .where(sql<boolean>`jsonb_array_length(patch) > 0`)
    .where('labelled_at', '>', since)
    .orderBy('labelled_at', 'desc')
    .limit(MAX_ROWS)
    .execute();
}

function fixOf(group: readonly Row[], question: RememberQuestion): RememberedFix | undefined {
  const [newest] = group;
  const found = group.map((row) => likeness(row, question)).filter((one) => one !== undefined);
  const [best] = found.toSorted(nearer);
  const successes = group.filter(hasHeld).length;
  const failures = group.length - successes;
  if (!newest || !best || failures >= successes) return undefined;
  // Written by `recordOutcome` alone.
  return { patch: newest.patch as SpecPatch, ...best, successes, failures };
}

/** `edit` speaks against the fix that people were shown first; what is stored is the one that was deployed instead, and held. */
function hasHeld({ label, labelled_by }: Row): boolean {
  return label === 'success' || labelled_by === 'edit';
}

type Likeness = Pick<RememberedFix, 'by' | 'similarity'>;

function likeness(row: Row, question: RememberQuestion): Likeness | undefined {
  const { source, fingerprint, host, failingFields, pageShape } = question;
  if (row.source === source && row.fingerprint === fingerprint)
    return { by: 'fingerprint', similarity: 1 };
  if (row.fields !== fieldsKey(failingFields)) return undefined;
  if (host !== undefined && row.host === host) return { by: 'host', similarity: 1 };
  const similarity = sketchSimilarity(row.page_shape ?? [], pageShape ?? []);
  return similarity >= LIKE_PAGES ? { by: 'shape', similarity } : undefined;
}

const ORDER = { fingerprint: 0, host: 1, shape: 2 } as const;

function nearer(a: Likeness, b: Likeness): number {
  return ORDER[a.by] - ORDER[b.by] || b.similarity - a.similarity;
}

function better(a: RememberedFix, b: RememberedFix): number {
  return nearer(a, b) || b.successes - b.failures - (a.successes - a.failures);
}
