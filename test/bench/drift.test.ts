import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCases, type DriftCase } from '../../bench/stage/drift/cases.ts';
import { driftDocument, isRight, verdictOf } from '../../bench/stage/drift/score.ts';
import { repairCase } from '../../bench/stage/drift/repair-case.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

const CASE = {
  kind: 'broken',
  host: 'shop',
  field: 'name',
  list: false,
  selector: 'h1.name',
  good: ['Lamp'],
  truth: ['Lamp'],
} as const;

test('a folder without cases, or with one that cannot be read, is named', async () => {
  await using scratch = await temporaryFolder();
  const folder = scratch.path;

  expect(() => readCases(join(folder, 'none'))).toThrow(/There is no folder ".*none"/);
  expect(() => readCases(folder)).toThrow('has no cases');
  writeCase(folder, 'bad', { ...CASE, kind: 'odd' });
  expect(() => readCases(folder)).toThrow('The case "bad"');
});

test('kinds may be missing and other files lie about', async () => {
  await using scratch = await temporaryFolder();
  const folder = scratch.path;
  writeFileSync(join(folder, 'README.md'), 'Cases.');
  writeCase(folder, 'one', CASE);

  const outcomes = await Promise.all(readCases(folder).map(repairCase));

  expect(outcomes.map(({ verdict, values }) => ({ verdict, values }))).toEqual([
    { verdict: 'recovered', values: ['Lamp'] },
  ]);
  expect(driftDocument(outcomes)).toMatchObject({
    broken: { recovered: 1, abstained: 0, wrong: 0 },
    gone: { recovered: 0, abstained: 0, wrong: 0 },
    brokenByGoodEqualsTruth: { equal: { recovered: 1 } },
    riskCoverage: [{ coverage: 1, risk: 0 }],
  });
});

test('letters and digits decide, lists by precision and recall', () => {
  expect(isRight(['Ｌamp: no. 1'], ['lamp no 1'], false)).toBe(true);
  expect(isRight(['a', 'b', 'c', 'd', 'x'], ['a', 'b', 'c', 'd'], true)).toBe(true);
  expect(isRight(['a', 'b', 'x'], ['a', 'b'], true)).toBe(false);
  expect(isRight([], ['a'], true)).toBe(false);
});

test('whatever is found where nothing is counts as wrong', () => {
  const gone: DriftCase = {
    ...CASE,
    kind: 'gone',
    truth: [],
    name: 'x',
    goodPage: '',
    brokenPage: '',
  };

  expect(verdictOf(gone, true, ['Lamp'])).toBe('wrong');
  expect(verdictOf(gone, false, [])).toBe('abstained');
});

function writeCase(folder: string, name: string, content: object): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'case.json'), JSON.stringify(content));
  const page = (css: string): string =>
    `<html><head><title>Lamp</title></head><body><h1 class="${css}">Lamp</h1><p>Shop</p></body></html>`;
  writeFileSync(join(folder, name, 'good.html'), page('name'));
  writeFileSync(join(folder, name, 'broken.html'), page('title'));
}
