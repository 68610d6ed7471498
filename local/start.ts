import { setTimeout as sleep } from 'node:timers/promises';
import { readFleet } from '../adapters/postgres/fleet.ts';
import { readRuns, type RunRow } from '../adapters/postgres/run-rows.ts';
import { createSchedules } from '../adapters/temporal/schedules.ts';
import type { SourceDefinition } from '../workflows/collection/definitions.ts';
import { applyDefinitions, checkDefinitions } from './apply-definitions.ts';
import { parseStartArguments, START_HELP, type StartArguments } from './arguments.ts';
import { type LocalConfig, reachLoopbackDirectly, readLocalConfig } from './config.ts';
import { collectOnce, describeRun, dueSources, waitForSync } from './first-round.ts';
import { INTERRUPTED, runProgram } from './run-program.ts';
import { createScreen } from './screen.ts';
import { commandsToTry, counted, placesToLook, whatFailed } from './summary.ts';
import { startSystem, type System } from './system/system.ts';
import { findChromium } from './tools/chromium.ts';

const screen = createScreen(process.stdout);
const stopping = new AbortController();

/** `npm start`: the whole system on one machine. */
async function main(args: StartArguments, local: LocalConfig): Promise<number> {
  if (args.help) {
    screen.line(START_HELP);
    return 0;
  }
  if (args.configFile !== undefined) await checkDefinitions(args.configFile, { ...local, ...args });
  reachLoopbackDirectly();
  const stateFolder = args.stateFolder ?? local.stateFolder;
  const announce = (text: string): void => screen.line(`  ${text}`);
  screen.line(`Wellspring starts. Its state is kept in ${stateFolder}; Ctrl-C stops it.`);
  describeParts(args);
  const system = await startSystem({
    local,
    stateFolder,
    announce,
    real: args.real,
    ambient: local.ambient,
    configFile: args.configFile,
    signal: stopping.signal,
  });
  try {
    for (const { part, kind, where } of system.parts)
      announce(`${part.padEnd(11)} ${kind.padEnd(9)} ${where}`);
    return await collect(system, args, announce);
  } finally {
    screen.settle();
    screen.line('Stopping …');
    await system.stop();
    screen.line('Stopped. Start it again with the same command: it goes on with its state.');
  }
}

/** Before anything is contacted: what is embedded and what is real, and why. */
function describeParts({ real }: StartArguments): void {
  const named = [...real];
  screen.line(
    named.length === 0
      ? 'Every part is embedded: nothing real is taken from your environment (--real temporal,aws,database would).'
      : `Real by --real, through its own variables: ${named.join(', ')}. Every other part is embedded.`,
  );
}

async function collect(
  system: System,
  args: StartArguments,
  announce: (text: string) => void,
): Promise<number> {
  const since = new Date(Date.now() - 1000);
  const schedules = createSchedules(system.client);
  const definitions = await applyDefinitions(system, schedules, announce);
  const round = args.run
    ? definitions.filter((one) => one.enabled)
    : await dueSources(system.db, definitions);
  const browserReady = round.some((one) => one.type === 'browser')
    ? prepareBrowser(announce)
    : Promise.resolve();
  screen.line('');
  screen.line(
    round.length === 0
      ? 'Nothing is due; every source is fresh. (--run collects all of them now.)'
      : 'Collecting:',
  );
  const options = {
    db: system.db,
    client: system.client,
    schedules,
    definitions: round,
    screen,
    since,
    browserReady,
    signal: stopping.signal,
  };
  const rows = await collectOnce(options);
  screen.settle();
  const synced = await waitForSync(options);
  screen.settle();
  if (stopping.signal.aborted) return INTERRUPTED;
  await summary(system, definitions, { rows, synced, args });
  if (args.once) return exitCode(round, rows, synced);
  await watch(system);
  return 0;
}

/** Only the browser source waits for this, and only it fails without one. */
async function prepareBrowser(announce: (text: string) => void): Promise<void> {
  try {
    await findChromium({ ...readLocalConfig(), mayInstall: true, announce });
  } catch (error) {
    announce(error instanceof Error ? error.message : String(error));
  }
}

interface Round {
  readonly rows: ReadonlyMap<string, RunRow>;
  readonly synced: boolean;
  readonly args: StartArguments;
}

async function summary(
  { db, endpoints }: System,
  definitions: readonly SourceDefinition[],
  { rows, synced, args }: Round,
): Promise<void> {
  const fleet = await readFleet(db);
  const live = fleet.reduce((total, row) => total + row.live, 0);
  screen.line('');
  screen.line(
    `${counted(live, 'document')} of ${counted(definitions.length, 'source')} ${live === 1 ? 'is' : 'are'} in S3${synced ? ' and in the knowledge base' : '; their ingestion has not ended yet'}.`,
  );
  screen.line('');
  const failed = await whatFailed(db, rows.values());
  if (failed.length > 0) {
    screen.line('What failed');
    for (const line of failed) screen.entry(`  ${line}`);
    screen.line('');
  }
  if (args.once) return;
  screen.line('Where to look');
  for (const place of placesToLook(endpoints)) screen.line(`  ${place}`);
  screen.line('');
  screen.line('What to try, in another terminal');
  for (const command of commandsToTry(definitions, args.stateFolder)) screen.line(`  ${command}`);
}

function exitCode(
  round: readonly SourceDefinition[],
  rows: ReadonlyMap<string, RunRow>,
  synced: boolean,
): number {
  const statuses = new Set(round.map(({ id }) => rows.get(id)?.status ?? 'failed'));
  if (statuses.has('failed') || statuses.has('running') || !synced) return 1;
  if (statuses.has('held')) return 4;
  return statuses.has('partial') ? 3 : 0;
}

const WATCH_EVERY_MS = 1000;
const WATCH_BACK_MS = 600_000;

/** Stays up for the schedules: each run that ends is a line. */
async function watch({ db }: System): Promise<void> {
  screen.line('');
  screen.line('The schedules go on. Each run that ends is shown here; Ctrl-C stops everything.');
  // A database that was killed is back within seconds; what ended meanwhile is shown then.
  const recent = async (): Promise<readonly RunRow[]> => {
    const rows = await readRuns(db, { since: new Date(Date.now() - WATCH_BACK_MS) }).catch(
      () => [],
    );
    return rows.filter((row) => row.finishedAt);
  };
  const shown = new Set((await recent()).map(keyOf));
  while (!stopping.signal.aborted) {
    await sleep(WATCH_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return;
    for (const row of (await recent()).filter((one) => !shown.has(keyOf(one)))) {
      shown.add(keyOf(row));
      const time = (row.finishedAt ?? new Date()).toTimeString().slice(0, 8);
      screen.entry(`  ${time} ${row.source.padEnd(18)} ${describeRun(row)}`);
    }
  }
}

function keyOf({ id, finishedAt }: RunRow): string {
  return `${id} ${finishedAt?.getTime() ?? 0}`;
}

await runProgram({ command: 'npm start', parse: parseStartArguments, main, stopping });
