import { z } from 'zod';
import type { SourceEnv } from '../contract.ts';
import type { Plan } from './plan.ts';
import { Shape } from './shape.ts';

const Position = z.array(z.string()).min(1).readonly().nullable();

/** Fixed when a run begins and the same in all of its attempts, so that a busy table cannot be read for ever. */
const Window = z.strictObject({
  /** Inclusive; null reads from the start. */
  lower: z.string().nullable(),
  upper: z.string().nullable(),
  /** The greatest cursor value read so far, where the next run begins. */
  watermark: z.string().nullable(),
  /** Counts runs, for the key scan of every n-th. */
  sequence: z.int().min(1),
});

const always = { signature: z.string(), shape: Shape };
const shared = { ...always, after: Position, startedAt: z.iso.datetime() };

/** Behind which row (its id) a shard begins, and the how manyth it is from there: a shard that would be too large is cut. */
const ShardStart = z.strictObject({ from: z.string(), part: z.int().min(1) });
export type ShardStart = z.infer<typeof ShardStart>;

/**
 * Where a read stands. Without a cursor column: `listing`, and `listed` at its end. With one: `changes` (rows inside the window), `nulls`
 * (rows whose cursor is NULL, which no comparison finds), `keys` (a scan for deletions), and `done`, where the next run begins.
 * The shape of the table goes with all of them, so that the next look sees what became of it.
 */
export const DatabaseCursor = z.discriminatedUnion('phase', [
  z.strictObject({ phase: z.literal('listing'), ...shared, shard: z.exactOptional(ShardStart) }),
  z.strictObject({ phase: z.enum(['changes', 'nulls', 'keys']), window: Window, ...shared }),
  z.strictObject({ phase: z.literal('listed'), ...always }),
  z.strictObject({
    phase: z.literal('done'),
    ...always,
    watermark: z.string().nullable(),
    sequence: z.int().min(1),
  }),
]);
export type DatabaseCursor = z.infer<typeof DatabaseCursor>;
export type ListingCursor = Extract<DatabaseCursor, { phase: 'listing' }>;
export type RunningCursor = Extract<DatabaseCursor, { phase: 'changes' | 'nulls' | 'keys' }>;
export type DoneCursor = Extract<DatabaseCursor, { phase: 'done' }>;

/**
 * What of a stored cursor still holds: nothing when the plan has changed, or a type with which its values were compared. A listing or key scan that an *earlier* run left open
 * begins again, because only a listing read within one run may conclude that something was deleted.
 */
export function resumable(
  plan: Plan,
  from: DatabaseCursor | null,
  env: SourceEnv,
): DatabaseCursor | null {
  if (from === null) return null;
  if (from.signature !== plan.signature || plan.changes.broken.length > 0) {
    env.log.info('started from the beginning because the definition or its columns changed', {
      source: env.sourceId,
    });
    return null;
  }
  if (from.phase === 'listed') return null;
  if (from.phase === 'done' || from.startedAt === env.startedAt.toISOString()) return from;
  if (from.phase === 'listing') return null;
  const startedAt = env.startedAt.toISOString();
  return from.phase === 'keys' ? { ...from, after: null, startedAt } : { ...from, startedAt };
}
