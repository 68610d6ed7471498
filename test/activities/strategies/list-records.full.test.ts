import { expect, test } from 'vitest';
import { tryLists } from './list-cases.ts';

test('hundreds of lists with known inverses: none is mended wrongly, most are mended', async () => {
  const { wrong, recovered, line } = await tryLists(400);
  console.log(line);

  expect(wrong).toEqual([]);
  expect(recovered).toBeGreaterThanOrEqual(0.85);
}, 300_000);
