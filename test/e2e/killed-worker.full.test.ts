import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, DOCUMENTS, killInTheMiddle, openSlowStory, outcomeOf } from './kills.ts';
import { leftBehind, type Story } from './running-system.ts';

let undisturbed: Story;
let disturbed: Story;
beforeAll(async () => {
  [undisturbed, disturbed] = await Promise.all([openSlowStory(), openSlowStory()]);
});
afterAll(async () => {
  await undisturbed[Symbol.asyncDispose]();
  await disturbed[Symbol.asyncDispose]();
});

test('R2: a worker killed in the middle of an upload costs nothing but time', async () => {
  const quiet = collect(undisturbed);
  const running = collect(disturbed);
  const killed = await killInTheMiddle(disturbed, running, /workers\/main\.ts/u);
  const [, output] = await Promise.all([quiet.endsWith(0, 120_000), running.endsWith(0, 120_000)]);

  expect(killed).toBe(1);
  expect(output).toMatch(/The worker ended \(SIGKILL\) and is started again/u);
  const [wanted, got] = [await outcomeOf(undisturbed), await outcomeOf(disturbed)];
  expect(wanted.objects.size).toBe(2 * DOCUMENTS);
  expect(got).toEqual(wanted);
  expect(await leftBehind(disturbed, 5000)).toEqual([]);
});
