import { afterEach, beforeEach, expect, test } from 'vitest';
import { leftBehind, openStory, type Story } from './running-system.ts';

const WITHIN_MS = 150_000;

let story: Story;
beforeEach(async () => {
  story = await openStory();
});
afterEach(() => story[Symbol.asyncDispose]());

const demo = (...args: readonly string[]) =>
  story.npm(['run', 'demo:repair', '--', '--state', story.state, '--yes', ...args]);

test('a person approves: the source is green again, and nothing is left running', async () => {
  const output = await demo().endsWith(0, WITHIN_MS);

  for (const part of [
    /✗ the next run failed: 24 failed/,
    /reproduceFailure +does it fail again, twice\?/,
    /price: [\d.]+, as before the break/,
    /Probability that it is right: \d/,
    /npm run cli -- approve shop-[0-9a-f]{8} --state \S+state/,
    /npm run temporal -- --state \S+ workflow update execute --workflow-id repair:shop --name decide/,
    /run 3 on the fix succeeded: 24 unchanged/,
    /closed as pr-merged-unchanged/,
  ])
    expect(output).toMatch(part);
  expect(await leftBehind(story, 10_000)).toEqual([]);
});

test('with outcomes that are made up, and say so, it deploys by itself', async () => {
  const output = await demo('--autonomous').endsWith(0, WITHIN_MS);

  expect(output).toMatch(/deploy [0-9a-f]{8}, decided by gate/);
  expect(output.replaceAll(/\s+/g, ' ')).toMatch(/are made up/);
  expect(output).toMatch(/closed as auto-deployed-ok/);
  expect(output).not.toMatch(/a person is asked/);
});

test('a bad run on the fix rolls it back, and what was in force before reads the site again', async () => {
  const output = await demo('--bad-fix').endsWith(0, WITHIN_MS);

  expect(output).toMatch(/run 2 on the fix failed: 24 failed/);
  expect(output).toMatch(/closed as pr-merged-rolled-back/);
  expect(output).toMatch(/✓ the next run succeeded: 24 unchanged/);
  expect(output).toMatch(
    /had opened incident shop-[0-9a-f]{8}; it was closed as (?:recovered|alerted)/,
  );
});

test('stopped in the middle it ends at once, with the code of Ctrl-C, and leaves nothing', async () => {
  const running = story.npm(['run', 'demo:repair', '--', '--state', story.state]);
  await running.says(/Waiting for one of these/, WITHIN_MS);
  running.interrupt('SIGTERM');
  const { output } = await running.ended(20_000);

  expect(output).toMatch(/Stopped\. The next demo begins anew/);
  expect(await leftBehind(story, 10_000)).toEqual([]);
});
