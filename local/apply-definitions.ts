import { sourceTypes } from '../activities/sources/index.ts';
import { EMBEDDED_VARIABLES } from '../adapters/definitions/embedded-variables.ts';
import { loadDefinitions, type LoadedDefinitions } from '../adapters/definitions/load.ts';
import { storeRevision } from '../adapters/postgres/revisions.ts';
import { reconcileRevision } from '../adapters/temporal/reconcile.ts';
import type { Schedules } from '../adapters/temporal/schedules.ts';
import { author } from '../client/author.ts';
import { fixSentence } from '../client/fixes-text.ts';
import type { SourceDefinition } from '../workflows/collection/definitions.ts';
import { counted } from './summary.ts';
import type { RealPart } from './system/context.ts';
import type { System } from './system/system.ts';

type Variable = (name: string) => string | undefined;

/**
 * Reads a person's own definitions before anything is started, so that a mistake is said at once.
 * @throws Error - every error of the files, a line each.
 */
export async function checkDefinitions(
  file: string,
  { ambient, real }: { readonly ambient: Variable; readonly real: ReadonlySet<RealPart> },
): Promise<void> {
  const coming = real.has('aws') ? {} : EMBEDDED_VARIABLES;
  await load(file, (name) => coming[name] ?? ambient(name));
}

/**
 * Puts the definitions of the system in force, and makes Temporal's schedules theirs. Idempotent.
 * @throws Error - every error of the files, a line each; then nothing has changed.
 */
export async function applyDefinitions(
  { endpoints: { configFile }, variables, db }: System,
  schedules: Schedules,
  announce: (text: string) => void,
): Promise<readonly SourceDefinition[]> {
  const { sources, notifications, repair, notices } = await load(configFile, variables);
  for (const notice of notices) announce(notice.sentence);
  const {
    changed,
    revision,
    fixes = [],
  } = await storeRevision(db, {
    definitions: sources,
    notifications,
    ...(repair ? { repair } : {}),
    author: author(),
  });
  for (const fix of fixes) announce(fixSentence(fix));
  const report = await reconcileRevision(db, schedules, { now: new Date() });
  if (report.refused) announce(report.refused);
  const force = changed ? 'is now in force' : 'stays in force';
  const { created, updated, paused, unchanged } = report;
  announce(
    `${counted(sources.length, 'source')} from ${configFile}: revision ${revision.id} ${force}; schedules: ${created} created, ${updated} updated, ${paused} paused, ${unchanged} unchanged.`,
  );
  return sources;
}

async function load(file: string, variables: Variable): Promise<LoadedDefinitions> {
  const loaded = await loadDefinitions({ file, variables, sourceTypes });
  if ('errors' in loaded) throw new Error(loaded.errors.map((error) => error.sentence).join('\n'));
  return loaded;
}
