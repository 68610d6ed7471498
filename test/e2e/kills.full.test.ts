import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  collect,
  DOCUMENTS,
  killAll,
  killInTheMiddle,
  openSlowStory,
  outcomeOf,
  untilGone,
  type Outcome,
} from './kills.ts';
import { leftBehind, type Story } from './running-system.ts';

/** What is killed, by a word of its command. */
const PARTS = {
  'the Temporal server': /temporal(-bin)?\S* server start-dev|server start-dev/u,
  PostgreSQL: /^\S*postgres -D/u,
  'the cloud': /local\/cloud\.ts/u,
  'the worker': /workers\/main\.ts/u,
};

let wanted: Outcome;
let story: Story;
beforeAll(async () => {
  const undisturbed = await openSlowStory();
  try {
    await collect(undisturbed).endsWith(0, 120_000);
    wanted = await outcomeOf(undisturbed);
  } finally {
    await undisturbed[Symbol.asyncDispose]();
  }
});
beforeEach(async () => {
  story = await openSlowStory();
});
afterEach(() => story[Symbol.asyncDispose]());

test.each(Object.entries(PARTS))(
  'kill -9 of %s in the middle of an upload loses nothing',
  async (_, word) => {
    const running = collect(story);
    const killed = await killInTheMiddle(story, running, word);
    const output = await running.endsWith(0, 170_000);

    expect(wanted.objects.size).toBe(2 * DOCUMENTS);
    expect(killed).toBeGreaterThan(0);
    expect(output).toMatch(/ended \(SIGKILL|ended \(exit code/u);
    expect(await outcomeOf(story)).toEqual(wanted);
    expect(await leftBehind(story, 5000)).toEqual([]);
  },
);

test('kill -9 of the launcher ends its parts within seconds, and the next start goes on with the run', async () => {
  const running = collect(story);
  await killInTheMiddle(story, running, /local\/start\.ts/u);
  await running.ended(10_000);
  await untilGone(story, 20_000);
  const left = await leftBehind(story, 0);

  const output = await collect(story).endsWith(0, 170_000);

  expect(left).toEqual([]);
  expect(output).not.toMatch(/is taken by another program/u);
  expect(await outcomeOf(story)).toEqual(wanted);
});

test('kill -9 of everything at once, and a start in the same second', async () => {
  const running = collect(story);
  await killInTheMiddle(story, running, /./u);
  await running.ended(10_000);
  killAll(story, /./u);

  await collect(story).endsWith(0, 170_000);

  expect(await outcomeOf(story)).toEqual(wanted);
  expect(await leftBehind(story, 5000)).toEqual([]);
});
