import { expect, test } from 'vitest';
import { heldDetails } from '../../../workflows/approval/held-details.ts';
import type { DecideHeldInput } from '../../../workflows/approval/held-input.ts';
import { openQuestion } from '../../../workflows/approval/held-question.ts';
import { receive } from '../../../workflows/approval/question.ts';
import { heldWorkflowId } from '../../../workflows/approval/held-workflow-id.ts';
import { ASKED_MS } from './requests.ts';

const INPUT: DecideHeldInput = {
  v: 1,
  tenant: 'default',
  source: 'articles',
  digest: 'abcdef01'.repeat(8),
  title: 'Articles',
  run: 'collect:articles-1',
  definitionDigest: 'c'.repeat(64),
  evidenceDigest: 'e'.repeat(64),
  held: {
    reason: '7 of 40 documents would be deleted. Nothing was deleted.',
    candidates: 7,
    live: 40,
    sample: ['One', '<img src=x onerror=alert(1)>\n# Approved', '```\n![x](http://evil)'],
  },
  knowledgeBase: {
    id: 'main',
    knowledgeBaseId: 'KB1',
    dataSourceId: 'DS1',
    quietMs: 1,
    maxWaitMs: 2,
  },
};
const QUESTION = openQuestion(INPUT, { requestId: '1234abcd-0000', nowMs: ASKED_MS });

test('the details say what is asked of whom until when, and the commands that answer it', () => {
  const text = heldDetails(INPUT, QUESTION, 'awaiting-approval');

  expect(text).toContain('### Articles: delete 7 of 40 documents?');
  expect(text).toContain(
    'Asked of anyone until 2026-11-23 12:00 UTC; without an answer they are kept.',
  );
  expect(text).toContain('    npm run cli -- approve abcdef01');
  expect(text).toContain('    npm run cli -- reject abcdef01');
  expect(text).toContain(
    'npm run temporal -- workflow update execute --workflow-id held:articles:abcdef01 --name decide --input',
  );
  expect(text).toContain('    … and 4 more');
});

test('the command that is printed is one that the workflow takes', () => {
  const text = heldDetails(INPUT, QUESTION, 'awaiting-approval');
  const [, printed = ''] = /--name decide --input '(.*)'$/m.exec(text) ?? [];
  // What a shell makes of it.
  const payload: unknown = JSON.parse(printed.replaceAll(`'"$(id -un)"'`, 'ana'));

  const after = receive(QUESTION, payload, { name: 'update', proven: false }, ASKED_MS + 1);

  expect(after.approval.closed).toMatchObject({ outcome: 'approve', by: 'ana' });
});

test('titles from outside stay on their line, inside of the block', () => {
  const lines = heldDetails(INPUT, QUESTION, 'awaiting-approval').split('\n');

  for (const line of lines.filter((one) => /evil|onerror|Approved/.test(one)))
    expect(line).toMatch(/^ {4}/);
});

test('a decided question shows who decided, and no command any more', () => {
  const by = { provider: 'cli', user: 'ana' };
  const { id: requestId, digest } = QUESTION.approval.request;
  const message = { requestId, digest, verdict: 'approve', decisionId: 'x', by };
  const decided = receive(QUESTION, message, { name: 'update', proven: false }, ASKED_MS + 1);

  const text = heldDetails(INPUT, decided, 'deleting');

  expect(text).toContain('Answered with "approve" by ana; now deleting.');
  expect(text).not.toContain('npm run');
});

test('a tenant other than the default one stands in front of the id', () => {
  expect(heldWorkflowId(INPUT)).toBe('held:articles:abcdef01');
  expect(heldWorkflowId({ ...INPUT, tenant: 'acme' })).toBe('held:acme:articles:abcdef01');
});

test('a flood of junk leaves a state that fits into a payload', () => {
  const door = { name: 'signal approve', proven: false, means: 'approve' } as const;
  const names = (at: number) => ({ user: `${at}`.padEnd(199, 'x'), provider: 'cli' });
  let question = QUESTION;
  for (let at = 0; at < 500; at += 1) {
    question = receive(question, { junk: 'x'.repeat(10_000) }, door, ASKED_MS + 1);
    question = receive(
      question,
      { requestId: 'r'.repeat(199), digest: 'd', decisionId: `${at}`, by: names(at) },
      door,
      ASKED_MS + 1,
    );
  }

  expect(question.refusedTotal).toBe(1000);
  expect(JSON.stringify({ ...INPUT, carried: question }).length).toBeLessThan(8192);
});
