import { dirname, join } from 'node:path';
import { createSchedules } from '../adapters/temporal/schedules.ts';
import { readClientConfig } from '../client/config.ts';
import { openSystem } from '../client/system.ts';
import { startShop, type ShopSite } from '../examples/repair/shop-site.ts';
import { applyDefinitions } from './apply-definitions.ts';
import { reachLoopbackDirectly, type LocalConfig } from './config.ts';
import { playStory, type StoryEnd } from './demo/acts.ts';
import { DEMO_HELP, parseDemoArguments, type DemoArguments } from './demo/arguments.ts';
import { writeDemoDefinitions } from './demo/definitions.ts';
import { prepareDemoFolder } from './demo/demo-folder.ts';
import { learnFromOutcomes } from './demo/learn.ts';
import { shownCommands } from './demo/shown-commands.ts';
import { Stopped, type Stage } from './demo/story.ts';
import { whatNext } from './demo/what-next.ts';
import { INTERRUPTED, runProgram } from './run-program.ts';
import { createScreen } from './screen.ts';
import { keptPorts } from './system/kept-ports.ts';
import { startSystem, type System } from './system/system.ts';

const screen = createScreen(process.stdout);
const stopping = new AbortController();

/** `npm run demo:repair`: a source breaks and heals, before somebody's eyes. */
async function main(args: DemoArguments, local: LocalConfig): Promise<number> {
  if (args.help) {
    screen.line(DEMO_HELP);
    return 0;
  }
  reachLoopbackDirectly();
  const stateFolder = args.stateFolder ?? join(dirname(local.stateFolder), '.wellspring-demo');
  await prepareDemoFolder(stateFolder);
  screen.line(`The repair demo starts. Its state is kept in ${stateFolder}; Ctrl-C stops it.`);
  const shop = await openShop(stateFolder);
  try {
    const configFile = await writeDemoDefinitions(stateFolder, { ...shop, ...args });
    const system = await start({ stateFolder, configFile, shop, local });
    try {
      return await play(system, { args, shop, stateFolder });
    } finally {
      screen.line('Stopping …');
      await system.stop();
      screen.line('Stopped. The next demo begins anew.');
    }
  } finally {
    await shop.close();
  }
}

const announce = (text: string): void => screen.line(`  ${text}`);
const quietly = (): void => undefined;

async function openShop(stateFolder: string): Promise<ShopSite> {
  const choose = await keptPorts(join(stateFolder, 'ports.json'), announce);
  return startShop({ port: await choose('the shop', SHOP_PORT) });
}

const SHOP_PORT = 7358;

interface Starting {
  readonly stateFolder: string;
  readonly configFile: string;
  readonly shop: ShopSite;
  readonly local: LocalConfig;
}

function start({ stateFolder, configFile, shop, local }: Starting): Promise<System> {
  // The worker reaches no other internal host than the shop.
  const own: Readonly<Record<string, string>> = {
    WELLSPRING_ALLOWED_HOSTS: shop.origin.replace('http://', ''),
  };
  return startSystem({
    local,
    stateFolder,
    announce,
    real: new Set(),
    ambient: (name) => own[name] ?? local.ambient(name),
    configFile,
    signal: stopping.signal,
  });
}

interface Playing {
  readonly args: DemoArguments;
  readonly shop: ShopSite;
  readonly stateFolder: string;
}

async function play(system: System, { args, shop, stateFolder }: Playing): Promise<number> {
  const { db, client, endpoints } = system;
  const schedules = createSchedules(client);
  await applyDefinitions(system, schedules, quietly);
  const commands = shownCommands(args.stateFolder ?? '.wellspring-demo');
  const stage: Stage = {
    db,
    client,
    schedules,
    shop,
    screen,
    chapter: chapters(),
    signal: stopping.signal,
    ...commands,
  };
  announce(`Temporal Web UI   ${endpoints.temporal.uiUrl ?? 'none'}`);
  announce(`The shop          ${shop.origin}`);
  announce(`Its definition    ${endpoints.configFile}`);
  const own = openSystem({ kind: 'embedded', folder: stateFolder, endpoints }, readClientConfig());
  try {
    if (args.autonomous) await learnFromOutcomes(stage);
    const end = await playStory(stage, own, args);
    return await conclude(stage, end, args);
  } catch (error) {
    if (error instanceof Stopped) return INTERRUPTED;
    throw error;
  } finally {
    await own.close();
  }
}

function chapters(): (title: string) => void {
  let number = 0;
  return (title) => {
    number += 1;
    screen.line('');
    screen.line(`${number}. ${title}`);
  };
}

async function conclude(
  stage: Stage,
  { incident, asAnnounced }: StoryEnd,
  { yes }: DemoArguments,
): Promise<number> {
  screen.line('');
  if (yes) {
    if (!asAnnounced) screen.line(`This is not how it should have ended: ${incident.outcome}.`);
    return asAnnounced ? 0 : 1;
  }
  screen.line('What to try next, in another terminal');
  for (const line of whatNext(stage, incident)) screen.line(`  ${line}`);
  screen.line('The system stays up. Ctrl-C stops it.');
  await aborted();
  return asAnnounced ? 0 : 1;
}

function aborted(): Promise<void> {
  return new Promise((resolve) => {
    if (stopping.signal.aborted) resolve();
    else stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    // A promise alone does not keep a process alive.
    const awake = setInterval(quietly, 60_000);
    stopping.signal.addEventListener('abort', () => clearInterval(awake), { once: true });
  });
}

await runProgram({ command: 'npm run demo:repair', parse: parseDemoArguments, main, stopping });
