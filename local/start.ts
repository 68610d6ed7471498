import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { sourceTypes } from '../activities/sources/index.ts';
import { loadDefinitions } from '../adapters/definitions/load.ts';
import { readFleet } from '../adapters/postgres/fleet.ts';
import { storeRevision } from '../adapters/postgres/revisions.ts';
import { readRuns, type RunRow } from '../adapters/postgres/run-rows.ts';
import { reconcileRevision } from '../adapters/temporal/reconcile.ts';
import { createSchedules } from '../adapters/temporal/schedules.ts';
import type { SourceDefinition } from '../workflows/collection/definitions.ts';
import { parseStartArguments, START_HELP, type StartArguments } from './arguments.ts';
import { readLocalConfig } from './config.ts';
import { collectOnce, describeRun, dueSources, waitForSync } from './first-round.ts';
import { createScreen } from './screen.ts';
import { startSystem, type System } from './system/system.ts';
import { findChromium } from './tools/chromium.ts';

const screen = createScreen(process.stdout);
const stopping = new AbortController();

/** `npm start`: the whole system on one machine. */
async function main(argv: readonly string[]): Promise<number> {
  const args = parseStartArguments(argv);
  if (args.help) {
    screen.line(START_HELP);
    return 0;
  }
  const local = readLocalConfig();
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
    screen.line('Stopped. Start it again with "npm start": it goes on with its state.');
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
  const definitions = await apply(system, schedules, announce);
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
  if (stopping.signal.aborted) return 130;
  await summary(system, definitions, synced);
  if (args.once) return exitCode(round, rows, synced);
  await watch(system);
  return 0;
}

async function apply(
  system: System,
  schedules: ReturnType<typeof createSchedules>,
  announce: (text: string) => void,
): Promise<readonly SourceDefinition[]> {
  const { configFile } = system.endpoints;
  const loaded = await loadDefinitions({
    file: configFile,
    variables: system.variables,
    sourceTypes,
  });
  if ('errors' in loaded) throw new Error(loaded.errors.map((error) => error.sentence).join('\n'));
  for (const notice of loaded.notices) announce(notice.sentence);
  const { changed, revision } = await storeRevision(system.db, {
    definitions: loaded.sources,
    author: `${userInfo().username}@${hostname()}`,
  });
  const report = await reconcileRevision(system.db, schedules, { now: new Date() });
  if (report.refused) announce(report.refused);
  const news = changed
    ? `revision ${revision.id} is now in force`
    : `revision ${revision.id} stays in force`;
  announce(
    `${loaded.sources.length} sources from ${configFile}: ${news}; schedules: ${report.created} created, ${report.updated} updated, ${report.unchanged} unchanged.`,
  );
  return loaded.sources;
}

/** Only the browser source waits for this, and only it fails without one. */
async function prepareBrowser(announce: (text: string) => void): Promise<void> {
  try {
    await findChromium({ ...readLocalConfig(), mayInstall: true, announce });
  } catch (error) {
    announce(error instanceof Error ? error.message : String(error));
  }
}

async function summary(
  { db, endpoints }: System,
  definitions: readonly SourceDefinition[],
  synced: boolean,
): Promise<void> {
  const fleet = await readFleet(db);
  const live = fleet.reduce((total, row) => total + row.live, 0);
  const { temporal, aws, metricsUrl } = endpoints;
  screen.line('');
  screen.line(
    `${live} documents of ${definitions.length} sources are in S3${synced ? ' and in the knowledge base' : '; their ingestion has not ended yet'}.`,
  );
  screen.line('');
  screen.line('Where to look');
  if (temporal.uiUrl) screen.line(`  Temporal Web UI   ${temporal.uiUrl}`);
  if (aws)
    screen.line(
      `  Files             s3://${endpoints.variables['SOURCE_AGENTS_S3_BUCKET'] ?? ''} on ${aws.endpoints['S3'] ?? ''}`,
    );
  if (metricsUrl) screen.line(`  Metrics           ${metricsUrl}`);
  screen.line('');
  screen.line('What to try, in another terminal');
  for (const command of commands(definitions)) screen.line(`  ${command}`);
}

function commands(definitions: readonly SourceDefinition[]): string[] {
  const [first] = definitions;
  const isQuickstart = definitions.some((one) => one.id === 'licences');
  const question = isQuickstart
    ? 'which licences demand the source when the program is used over a network?'
    : 'what is new?';
  return [
    `npm run cli -- ask "${question}"`,
    'npm run cli -- sources',
    ...(first ? [`npm run cli -- documents ${first.id}`, `npm run cli -- run ${first.id}`] : []),
    'npm run temporal -- schedule list',
    'npm run cli -- --help',
  ];
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

/** Stays up for the schedules: each run that ends is a line. */
async function watch({ db }: System): Promise<void> {
  screen.line('');
  screen.line('The schedules go on. Each run that ends is shown here; Ctrl-C stops everything.');
  const shown = new Set(
    (await readRuns(db, { since: new Date(0) })).filter((row) => row.finishedAt).map(keyOf),
  );
  while (!stopping.signal.aborted) {
    await sleep(WATCH_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    const recent = await readRuns(db, { since: new Date(Date.now() - 600_000) }).catch(() => []);
    for (const row of recent.filter((one) => one.finishedAt && !shown.has(keyOf(one)))) {
      shown.add(keyOf(row));
      const time = (row.finishedAt ?? new Date()).toTimeString().slice(0, 8);
      screen.line(`  ${time} ${row.source.padEnd(18)} ${describeRun(row)}`);
    }
  }
}

function keyOf({ id, finishedAt }: RunRow): string {
  return `${id} ${finishedAt?.getTime() ?? 0}`;
}

/** The first signal stops in order; a second one does not wait. */
function onSignal(): void {
  if (stopping.signal.aborted) process.exit(130);
  stopping.abort();
}

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `This is Node ${process.versions.node}; Wellspring needs 24. Type "npm start", which brings its own.`,
  );
  process.exit(1);
}
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('SIGHUP', onSignal);
let code = 1;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
// Every part has been stopped; a forgotten timer must not keep the terminal.
process.exit(code);
