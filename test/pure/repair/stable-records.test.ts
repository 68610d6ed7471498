import { expect, test } from 'vitest';
import { compareReadings, compareRecords } from '../../../workflows/repair/stable-records.ts';

const FIELDS = ['id', 'sku'];

function changed(compared: ReturnType<typeof compareRecords>): readonly string[] {
  return compared.filter(({ same }) => !same).map(({ field }) => field);
}

test('records of two states of a page are matched by their names, wherever they stand', () => {
  const before = [
    { id: 'a', sku: 1 },
    { id: 'b', sku: 2 },
  ];
  const after = [{ id: 'new', sku: 9 }, ...before.toReversed()];
  expect(compareRecords(before, after, FIELDS)).toHaveLength(4);
  expect(changed(compareRecords(before, after, FIELDS))).toEqual([]);
});

test('records that share a name are not taken for each other', () => {
  const shared = [{ url: '/all', sku: 1 }, { url: '/all', sku: 2 }, { sku: 3 }];
  expect(changed(compareRecords(shared, shared, FIELDS))).toEqual([]);
  const [, ...others] = shared;
  const after = [{ url: '/all', sku: 7 }, ...others];
  expect(changed(compareRecords(shared, after, FIELDS))).toEqual(['sku']);
});

test('in two readings of one body, a name that is read otherwise is a changed value', () => {
  const [before, after] = [[{ id: '12', sku: 1 }], [{ id: '012', sku: 1 }]];
  expect(changed(compareReadings(before, after, FIELDS))).toEqual(['id']);
  expect(compareRecords(before, after, FIELDS)).toEqual([]);
});

test('where one reading has more records than the other, names tell which is which', () => {
  const before = [
    { id: 'a', sku: 1 },
    { id: 'b', sku: 2 },
  ];
  expect(changed(compareReadings(before, [{ id: 'b', sku: 3 }], FIELDS))).toEqual(['sku']);
});

test('a value that was not there before is not compared, one that is gone has changed', () => {
  expect(compareReadings([{}], [{ sku: 1 }], FIELDS)).toEqual([]);
  expect(changed(compareReadings([{ sku: 1 }], [{}], FIELDS))).toEqual(['sku']);
});
