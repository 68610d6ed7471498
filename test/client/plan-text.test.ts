import { expect, test } from 'vitest';
import { planText } from '../../client/plan-text.ts';
import type { Plan } from '../../client/plan.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';

const plain = (text: string): string => text;
const paint = { strong: plain, faint: plain, good: plain, warn: plain, bad: plain, name: plain };
const OPTIONS = { width: 80, paint, now: new Date('2026-11-21T14:00:00Z') };
const NOTHING: Plan = {
  revision: { id: 3, createdAt: '2026-11-21T12:00:00Z', author: 'ana@laptop', sources: {} },
  changes: [],
  webhooks: [],
  repair: [],
  schedules: [],
  fixes: [],
  pausedByPeople: [],
};

const text = (plan: Partial<Plan>): string => planText({ ...NOTHING, ...plan }, OPTIONS);

test('nothing to do is said in one sentence, below what is in force', () => {
  expect(text({})).toBe(
    'In force is revision 3, applied 2 hours ago by ana@laptop.\n\nNo changes: everything is as the definitions say.',
  );
});

test('sources that come, change and go', () => {
  const docs = sourceDefinition({ id: 'docs' });
  const shown = text({
    changes: [
      { kind: 'add', source: 'docs', definition: docs },
      {
        kind: 'change',
        source: 'articles',
        fields: [
          { field: 'schedule', from: '"every 6 hours"', to: '"every 1 hour"' },
          { field: 'config.cursor', to: '"updated_at"' },
        ],
      },
      { kind: 'remove', source: 'old', definition: docs },
    ],
  });

  expect(shown.split('\n').slice(2, 8)).toEqual([
    'Sources',
    '  + docs      database, every 6 hours, database',
    '  ~ articles',
    '      ~ schedule       "every 6 hours" → "every 1 hour"',
    '      + config.cursor  "updated_at"',
    '  - old       its schedule is paused now and deleted in 7 days; its documents stay',
  ]);
  expect(shown).toContain(
    'Plan: 1 source to add, 1 to change, 1 to remove; 0 writes to schedules.',
  );
});

test('each write to a schedule says what it is for', () => {
  const shown = text({
    schedules: [
      { action: 'create', id: 'source:a', differences: [] },
      {
        action: 'update',
        id: 'source:b',
        differences: [{ field: 'overlap', from: 'ALLOW_ALL', to: 'SKIP' }],
      },
      { action: 'update', id: 'source:c', differences: [] },
      { action: 'pause', id: 'source:d', note: 'managed:removed 2026-11-21', differences: [] },
      { action: 'pause', id: 'source:e', note: 'managed:disabled', differences: [] },
      { action: 'pause', id: 'source:f', note: 'moving', differences: [] },
      { action: 'unpause', id: 'source:g', note: 'managed:enabled', differences: [] },
      { action: 'delete', id: 'source:h', differences: [] },
    ],
    pausedByPeople: ['source:b'],
  });

  expect(shown.split('\n').slice(2, 12)).toEqual([
    'Schedules',
    '  + source:a',
    '  ~ source:b',
    '      ~ overlap  ALLOW_ALL → SKIP',
    '  ~ source:c  as this version of Wellspring makes it; nothing that people see differs',
    '  - source:d  paused: nothing wants it any more',
    '  ~ source:e  paused: its definition says enabled: false',
    '  ~ source:f  stays paused: moving',
    '  ~ source:g  runs again: its definition is enabled, or was mended',
    '  - source:h  deleted: nothing has wanted it for 7 days',
  ]);
  expect(shown).toContain('Paused by people, and stays so: source:b.');
});

test('a refusal stands where nobody overlooks it', () => {
  expect(text({ refused: '30 of 40 schedules would be removed.' })).toContain(
    '\n\n30 of 40 schedules would be removed.\n\n',
  );
});

test('settings of repairs are shown with what they were', () => {
  const shown = text({ repair: [{ field: 'phase', from: '"assisted"', to: '"autonomous"' }] });

  expect(shown).toContain('Repair\n');
  expect(shown).toMatch(/phase.*"assisted".*"autonomous"/);
  expect(shown).toContain('0 writes to schedules; 1 setting of repairs.');
});

test('fixes that run without being in the files are named, with the way into them', () => {
  const note = { source: 'shop', incident: 'i-1' } as const;
  const shown = text({
    fixes: [
      { ...note, kind: 'fix', became: 'kept' },
      { ...note, kind: 'revert', became: 'kept' },
      { ...note, kind: 'fix', became: 'landed' },
      { ...note, kind: 'revert', became: 'superseded' },
      { ...note, kind: 'fix', became: 'superseded' },
    ],
  });

  expect(shown.split('\n').slice(2, -2)).toEqual([
    'Fixes',
    '  Source "shop" runs with fix i-1: not yet in the files; "npm run cli -- repair',
    '  export i-1" writes it.',
    '  Source "shop" runs without fix i-1, which was rolled back and is still in the',
    '  files; "npm run cli -- repair export i-1" takes it out.',
    '  Source "shop": the files contain fix i-1 now.',
    '  Source "shop": the files no longer contain fix i-1, which was rolled back.',
    '  Source "shop": the files say something else than fix i-1, and win; the fix',
    '  ends.',
  ]);
});
