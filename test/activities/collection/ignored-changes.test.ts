import { expect, test } from 'vitest';
import { withCollecting, type Message } from './collecting.ts';

const createCase = withCollecting();

function page(text: string, title = 'Guide'): Message {
  return {
    kind: 'document',
    document: { id: 'page', title, body: { kind: 'markdown', text } },
  };
}

const LISTING: Message = { kind: 'listing', complete: true };
const VERSION = String.raw`Version \d+\.\d+`;

test('a document that differs only in what is ignored is not stored again', async () => {
  const one = await createCase({ changes: { ignore: [VERSION] } });
  one.emits([page('Version 15.18. How to begin.', 'Version 15.18'), LISTING]);
  await one.run();
  one.emits([page('Version 15.20. How to begin.', 'Version 15.20'), LISTING]);

  const { counts } = await one.run();

  expect(counts).toMatchObject({ unchanged: 1, updated: 0, putRequests: 0 });
  expect(await one.stored()).toEqual({ page: 'Version 15.18. How to begin.\n' });
});

test('with another change the new version is stored, too', async () => {
  const one = await createCase({ changes: { ignore: [VERSION] } });
  one.emits([page('Version 15.18. How to begin.'), LISTING]);
  await one.run();
  one.emits([page('Version 15.20. How to begin well.'), LISTING]);

  const { counts } = await one.run();

  expect(counts).toMatchObject({ updated: 1 });
  expect(await one.stored()).toEqual({ page: 'Version 15.20. How to begin well.\n' });
});

test('what goes as a whole is a change: a mark stays where something was', async () => {
  const one = await createCase({ changes: { ignore: [VERSION] } });
  one.emits([page('For Version 15.18 only.'), LISTING]);
  await one.run();
  one.emits([page('For only.'), LISTING]);

  const { counts } = await one.run();

  expect(counts).toMatchObject({ updated: 1 });
});
