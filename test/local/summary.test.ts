import { expect, test } from 'vitest';
import type { Database } from '../../adapters/postgres/database.ts';
import type { RunRow } from '../../adapters/postgres/run-rows.ts';
import { whatFailed } from '../../local/summary.ts';

test('a source that could not be read at all is told, though no document of it failed', async () => {
  const broken = run({
    source: 'prices',
    status: 'failed',
    failure: 'ScriptError',
    message: 'The script "python3" ended with exit code 2.',
  });

  expect(await whatFailed(unasked, [run({}), broken, run({ status: 'held' })])).toEqual([
    'prices: ScriptError: The script "python3" ended with exit code 2.',
  ]);
});

/** No document failed, so there are no dead letters to look for. */
const unasked = {} as Database;

function run(changes: Partial<RunRow>): RunRow {
  return {
    id: 'collect:articles',
    source: 'articles',
    status: 'succeeded',
    phase: 'ended',
    startedAt: new Date(0),
    finishedAt: new Date(1),
    counts: {},
    failure: null,
    message: null,
    ...changes,
  };
}
