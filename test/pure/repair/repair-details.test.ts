import { expect, test } from 'vitest';
import { newQuestion } from '../../../workflows/approval/question.ts';
import { openDesk } from '../../../workflows/repair/repair-desk.ts';
import { repairDetails } from '../../../workflows/repair/repair-details.ts';
import { statusOf } from '../../../workflows/repair/repair-snapshot.ts';
import { newWork, type RepairWork } from '../../../workflows/repair/repair-work.ts';
import type { RepairStage } from '../../../workflows/repair/outcome.ts';
import { fixOf, repairFakes } from '../../fakes/repair-activities.ts';

const ASKED_MS = Date.parse('2026-11-20T12:00:00Z');
const HOSTILE = '<img src=x onerror=alert(1)>\n# Approved\n```\n[x](http://evil)';
const INPUT = { v: 1, tenant: 'default', source: 'articles' } as const;

function detailsOf(stage: RepairStage, changes: Partial<RepairWork> = {}, isAsked = true): string {
  const desk = openDesk(INPUT);
  const { opened } = repairFakes().incident('inc-1');
  desk.work = {
    ...newWork({ incident: 'inc-1', failure: 'SelectorMissing' }),
    opened,
    diagnosis: { evidence: { key: 'k', sha256: 's', bytes: 1 }, facts: ['"title" is empty.'] },
    fix: fixOf('a'),
    verdict: {
      decision: 'pull-request',
      score: 4,
      probability: 0.97,
      lowerBound: 0.91,
      vetoes: ['audit-sample'],
      reasons: ['p = 0.97; at least 0.91 with 95 % confidence, from 81 of 84.'],
      shadowDeploy: true,
    },
    ...changes,
  };
  desk.stage = stage;
  if (isAsked)
    desk.question = newQuestion(
      {
        id: '1234abcd-0000',
        subject: 'the fix of source "articles"',
        digest: `${'a'.repeat(64)}.${'9'.repeat(64)}`,
        evidenceDigest: '',
        offers: stage === 'awaiting-guidance' ? ['reject'] : ['approve', 'reject'],
        approvers: 'everyone',
        excluded: [],
        quorum: 2,
        expiresAtMs: ASKED_MS + 72 * 3_600_000,
        escalation: [],
      },
      ASKED_MS,
    );
  return repairDetails(statusOf(desk), INPUT);
}

test('the details say what broke, what is proposed, both numbers, and what is asked of whom until when', () => {
  const text = detailsOf('awaiting-approval');

  for (const part of [
    '### Articles: SelectorMissing',
    'Field "title" is empty on 20 of 20 pages',
    '- "title" is empty.',
    '    title:  → A headline',
    '    fields.title.css: "h1.title" → "h1.headline"',
    'p = 0.97; at least 0.91 with 95 % confidence, from 81 of 84.',
    'Vetoes: audit-sample.',
    'Asked of anyone until 2026-11-23 12:00 UTC, 72 h after the question. 0 of 2 have approved.',
    '    npm run cli -- approve inc-1',
    '--workflow-id repair:articles --name decide --input',
  ])
    expect(text).toContain(part);
});

test('whoever may give guidance reads the command for it', () => {
  const text = detailsOf('awaiting-guidance', { stuck: 'No strategy found a fix.' });

  expect(text).toContain('No strategy found a fix.');
  const [, printed = ''] = /--name provideGuidance --input '(.*)'$/m.exec(text) ?? [];
  expect(JSON.parse(printed.replaceAll(`'"$(id -un)"'`, 'ana'))).toMatchObject({
    incident: 'inc-1',
    by: 'ana',
  });
});

test('in probation the rollback is at hand, and what is parked can be let go', () => {
  const deployed = { patchDigest: 'a', specDigest: 'b', atMs: ASKED_MS };
  const text = detailsOf('probation', { deployed, runs: ['good: run-1 fine'] }, false);

  expect(text).toContain('Deployed on 2026-11-20 12:00 UTC, decided by the gate.');
  expect(text).toContain('    npm run cli -- repair rollback inc-1');
  expect(text).toContain('- good: run-1 fine');
});

test('a closed one says how it ended, and asks for nothing', () => {
  const end = { outcome: 'pr-rejected', because: 'Rejected by ana.' } as const;
  const text = detailsOf('closed', { end }, false);

  expect(text).toContain('**Closed as pr-rejected. Rejected by ana.**');
  expect(text).not.toContain('npm run');
});

test('what passed is counted, what did not is named, and a value that is as before is said once', () => {
  const fix = {
    ...fixOf('a'),
    explains: 'The field "title" is found by "h2.item__name" now.',
    checks: ['schema: pass', 'oracle: inconclusive – No good sample has it.'],
    values: [{ field: 'title', before: 'Copper Kettle', after: 'Copper Kettle' }],
  };
  const text = detailsOf('awaiting-approval', { fix });

  expect(text).toContain('Checks: 1 of 2 passed; not passed:');
  expect(text).toContain('- oracle: inconclusive – No good sample has it.');
  expect(text).toContain('    title: Copper Kettle, as before the break');
  expect(text).toContain('"h2.item__name"');
});

test('text from outside stays on its line, and nothing in it is acted on', () => {
  const { opened } = repairFakes().incident('inc-2');
  const fix = {
    ...fixOf('a'),
    explains: HOSTILE,
    changes: [HOSTILE],
    values: [{ field: 'title', before: HOSTILE, after: HOSTILE }],
  };
  const text = detailsOf('awaiting-approval', {
    opened: { ...opened, title: HOSTILE, because: HOSTILE },
    diagnosis: { evidence: { key: 'k', sha256: 's', bytes: 1 }, facts: [HOSTILE] },
    reproduction: { verdict: 'reproduced', strength: 1, because: HOSTILE },
    stuck: HOSTILE,
    fix,
  });

  const lines = text.split('\n');
  expect(lines.filter((line) => line.startsWith('# Approved'))).toEqual([]);
  expect(lines.filter((line) => line.startsWith('```'))).toEqual([]);
  const outside = lines.filter((line) => !line.startsWith('    '));
  expect(outside.join('\n')).not.toMatch(/<img|\]\(http/);
});
