import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { rememberedStrategy } from '../../../activities/strategies/remembered.ts';
import { shapeOf, sketchOf, sketchSimilarity } from '../../../adapters/extraction/page-shape.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import {
  readRememberedFixes,
  type RememberedFix,
} from '../../../adapters/postgres/remembered-fixes.ts';
import {
  labelOutcome,
  recordOutcome,
  type NewOutcome,
} from '../../../adapters/postgres/repair-outcomes.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
const NOW = new Date('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;
let db: Database;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
beforeEach(async () => {
  await db.deleteFrom('repair_outcomes').execute();
});
afterAll(() => db.destroy());

const PAGE = `<main>${'<div class="card"><h2>x</h2><b class="price">1</b></div>'.repeat(5)}</main>`;
const LIKE = PAGE.replace('<main>', '<main><nav class="new"><a>y</a></nav>');
const UNLIKE = '<table><tr><td class="a">1</td><td class="b">2</td></tr></table>';

test('the very same break is remembered first, then the host, then pages of a like shape', async () => {
  await fixed('shape', { source: 'third', fingerprint: '3', host: 'c.example', page: LIKE });
  await fixed('host', { source: 'second', fingerprint: '2', page: UNLIKE });
  await fixed('same', {});
  await fixed('stranger', { source: 'fourth', fingerprint: '4', host: 'd.example', page: UNLIKE });

  const fixes = await recall();

  expect(fixes.map(({ patch, by }) => [nameOf(patch), by])).toEqual([
    ['same', 'fingerprint'],
    ['host', 'host'],
    ['shape', 'shape'],
  ]);
});

test('what failed as often as it helped is kept, and not proposed', async () => {
  await fixed('doubtful', {});
  await fixed('doubtful', { incident: 'again', label: 'failure' });

  expect(await recall()).toEqual([]);
});

test.each<[string, Parameters<typeof fixed>[1]]>([
  ['without a label', { label: 'pending' }],
  ['that nobody could judge', { label: 'censored' }],
  ['that was made up', { synthetic: true }],
  ['of another tenant', { tenant: 'acme' }],
  ['for another failure', { failure: 'EmptyResult' }],
  ['without a success for half a year', { atMs: NOW.getTime() - 181 * DAY_MS }],
])('a fix %s is not remembered', async (_name, changes) => {
  await fixed('one', changes);

  expect(await recall()).toEqual([]);
});

test('a remembered fix is proposed with what speaks for it, and none is a reason to abstain', async () => {
  await fixed('same', {});
  await fixed('same', { incident: 'again' });
  const view = {} as never;

  const answer = await rememberedStrategy(await recall()).propose(view);
  const nothing = await rememberedStrategy([]).propose(view);

  expect(answer.proposals).toEqual([
    {
      patch: patchOf('same'),
      features: { similarity: 1 },
      explains: 'It worked in 2 of 2 cases when this source broke in the very same way.',
    },
  ]);
  expect(nothing).toEqual({
    proposals: [],
    abstains: 'No fix of anything like it has worked before.',
  });
});

test('a sketch tells like pages from others, whatever they say', () => {
  const sketch = (page: string): readonly number[] => sketchOf(shapeOf(page));
  const renamed = PAGE.replaceAll('>x<', '>another title<');

  expect(sketchSimilarity(sketch(PAGE), sketch(renamed))).toBe(1);
  expect(sketchSimilarity(sketch(PAGE), sketch(LIKE))).toBeGreaterThan(0.4);
  expect(sketchSimilarity(sketch(PAGE), sketch(UNLIKE))).toBeLessThan(0.2);
  expect(sketchSimilarity(sketch(''), sketch(''))).toBe(0);
});

interface Fixed {
  readonly incident?: string;
  readonly tenant?: string;
  readonly source?: string;
  readonly fingerprint?: string;
  readonly host?: string;
  readonly failure?: string;
  readonly page?: string;
  readonly label?: 'success' | 'failure' | 'censored' | 'pending';
  readonly synthetic?: boolean;
  readonly atMs?: number;
}

async function fixed(
  name: string,
  { page = PAGE, label = 'success', atMs = NOW.getTime(), ...changes }: Fixed,
): Promise<void> {
  const outcome: NewOutcome = {
    incident: name,
    tenant: 'default',
    source: 'shop',
    host: 'shop.example',
    fingerprint: '1',
    family: 'relocate',
    strategy: 'value-anchor',
    failure: 'SelectorMissing',
    failingFields: ['price'],
    patchDigest: name,
    patch: patchOf(name),
    pageShape: sketchOf(shapeOf(page)),
    decision: { decision: 'deploy', score: 4, probability: 0.98, shadowDeploy: false },
    ...changes,
  };
  await recordOutcome(db, outcome);
  if (label === 'pending') return;
  const at = new Date(atMs);
  const { incident } = outcome;
  await labelOutcome(db, { incident, label, rolledBack: false, by: 'probation', at });
}

function recall(): Promise<readonly RememberedFix[]> {
  const question = {
    tenant: 'default',
    source: 'shop',
    fingerprint: '1',
    host: 'shop.example',
    failure: 'SelectorMissing',
    failingFields: ['price'],
    pageShape: sketchOf(shapeOf(PAGE)),
  };
  return readRememberedFixes(db, question, NOW);
}

function patchOf(name: string): NewOutcome['patch'] {
  return [{ op: 'add', path: '/fields/price/locators/0', value: { css: `.${name}` } }];
}

function nameOf([operation]: RememberedFix['patch']): string {
  const value =
    operation && 'value' in operation ? (operation.value as { css: string }) : undefined;
  return value?.css.slice(1) ?? '';
}
