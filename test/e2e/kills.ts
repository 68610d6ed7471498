import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { editSources } from './own-definitions.ts';
import { openStory, type Running, type Story } from './running-system.ts';
import { ingestedPassages, storedObjects, timeless } from './stored.ts';

export const DOCUMENTS = 300;

/** What a system keeps in the end, without the times of runs. */
export interface Outcome {
  readonly objects: ReadonlyMap<string, string>;
  /** Sorted. */
  readonly passages: readonly string[];
}

/** A story whose one source tells 300 documents slowly enough that something can be killed in the middle of their upload. */
export async function openSlowStory(): Promise<Story> {
  const story = await openStory();
  const file = definitionsOf(story);
  await story.npm(['run', '--silent', 'cli', '--', 'init', file]).endsWith(0, 30_000);
  await writeFile(join(story.folder, 'slow.mjs'), SLOW);
  await editSources(file, SOURCE);
  return story;
}

/** Starts `--once`; `--run` collects again whatever an earlier start has done. */
export function collect(story: Story, ...more: readonly string[]): Running {
  return story.start(['--once', '--config', definitionsOf(story), ...more]);
}

export async function outcomeOf({ state }: Story): Promise<Outcome> {
  return {
    objects: timeless(await storedObjects(state)),
    passages: ingestedPassages(state).toSorted(),
  };
}

/** Waits until some documents are stored and most are not, then kills every process of the story whose command has the word. */
export async function killInTheMiddle(
  story: Story,
  running: Running,
  word: RegExp,
): Promise<number> {
  await running.says(
    new RegExp(String.raw`reading and storing: ([4-9]\d|1\d\d) added`, 'u'),
    60_000,
  );
  return killAll(story, word);
}

/** Kills every process of the story whose command matches; answers how many there were. */
export function killAll(story: Story, word: RegExp): number {
  const found = story.processes().filter(({ command }) => word.test(command));
  for (const { pid } of found) process.kill(pid, 'SIGKILL');
  return found.length;
}

export async function untilGone(story: Story, withinMs: number): Promise<void> {
  const endMs = Date.now() + withinMs;
  while (story.processes().length > 0 && Date.now() < endMs) await sleep(100);
}

function definitionsOf({ folder }: Story): string {
  return join(folder, 'wellspring.yaml');
}

const SOURCE = `
  - id: slow
    type: script
    schedule: every 1 hour
    category: slow
    config: { command: [node, slow.mjs], cwd: . }
`;

/** Says what it has every 20 ms, and each document with a text of its own. */
const SLOW = `for (let at = 1; at <= ${DOCUMENTS}; at += 1) {
  const content = ('Paragraph ' + at + ' speaks of herons. ').repeat(50);
  console.log(JSON.stringify({ kind: 'document', id: 'heron-' + at, title: 'Heron ' + at, content }));
  await new Promise((resolve) => setTimeout(resolve, 30));
}
console.log(JSON.stringify({ kind: 'listing', complete: true }));
`;
