import { expect, test } from 'vitest';
import { fingerprintOf, withoutInstances } from '../../../activities/collection/failure-of.ts';
import { FAILURES, type FailureName } from '../../../workflows/failures.ts';
import {
  classOf,
  heals,
  isEnough,
  isQuiet,
  isRegressionOf,
  opensIncident,
  type FailureClass,
} from '../../../workflows/repair/incident.ts';
import { OUTCOMES } from '../../../workflows/repair/outcome.ts';

const NAMES = Object.keys(FAILURES) as FailureName[];
const CLASSES: ReadonlySet<FailureClass> = new Set([
  'repairable',
  'transient',
  'access',
  'owner',
  'platform',
]);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('repair 1.2 every failure name has a class', () => {
  expect(NAMES.filter((name) => !CLASSES.has(classOf(name)))).toEqual([]);
});

test.each<[FailureClass, FailureName[]]>([
  ['repairable', ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank', 'ScriptError']],
  ['transient', ['SourceUnavailable', 'RateLimited', 'Throttled', 'Unavailable']],
  ['access', ['Blocked']],
  ['owner', ['AuthExpired', 'AccessDenied', 'InvalidConfig', 'QuotaExceeded']],
  ['platform', ['IngestionFailed', 'DeployFailed', 'Conflict', 'NotFound']],
])('repair 1.2 %s: %s', (expected, names) => {
  expect(names.map(classOf)).toEqual(names.map(() => expected));
});

test('what passes by itself is an incident only when the source is late for it', () => {
  const opened = NAMES.filter((name) => !opensIncident({ name, detector: 'run' }));

  expect(opened.toSorted()).toEqual([
    'RateLimited',
    'SourceUnavailable',
    'Throttled',
    'Unavailable',
  ]);
  expect(NAMES.every((name) => opensIncident({ name, detector: 'freshness' }))).toBe(true);
});

test.each([
  { type: 'http', config: { extract: { title: 'h1' } }, expected: true },
  { type: 'browser', config: { extract: { title: 'h1' } }, expected: true },
  { type: 'http', config: {}, expected: false },
  { type: 'database', config: { extract: { title: 'h1' } }, expected: false },
  { type: 'script', config: {}, expected: false },
])('heals a $type source with $config: $expected', ({ expected, ...source }) => {
  expect(heals(source)).toBe(expected);
});

test('two occurrences are enough to pay for, and one of a required field that no record has', () => {
  const enough = (['required-field', 'run', 'drift'] as const).map((detector) =>
    [1, 2].map((occurrences) => isEnough({ detector, occurrences })),
  );

  expect(enough).toEqual([
    [true, true],
    [false, true],
    [false, true],
  ]);
});

test.each([
  { outcome: 'recovered', after: HOUR - 1, goodSince: true, quiet: true },
  { outcome: 'recovered', after: HOUR, goodSince: true, quiet: false },
  { outcome: 'alerted', after: 2 * HOUR, goodSince: false, quiet: true },
  { outcome: 'alerted', after: 2 * HOUR, goodSince: true, quiet: false },
  { outcome: 'pr-rejected', after: 6 * DAY, goodSince: false, quiet: true },
  { outcome: 'pr-rejected', after: 7 * DAY, goodSince: false, quiet: false },
] as const)(
  'the same break $after ms after an incident that ended $outcome is quiet: $quiet',
  ({ outcome, after, goodSince, quiet }) => {
    expect(isQuiet({ outcome, closedAtMs: 0, goodSince }, after)).toBe(quiet);
  },
);

test('repair 1.3 within 14 days only a fix of ours can have regressed', () => {
  const within = OUTCOMES.filter((outcome) =>
    isRegressionOf({ outcome, closedAtMs: 0 }, 14 * DAY - 1),
  );

  expect(within).toEqual([
    'auto-deployed-ok',
    'auto-deployed-rolled-back',
    'pr-merged-unchanged',
    'pr-merged-edited',
    'pr-merged-rolled-back',
  ]);
  expect(within.filter((outcome) => isRegressionOf({ outcome, closedAtMs: 0 }, 14 * DAY))).toEqual(
    [],
  );
});

test.each([
  ['Document "a-1" failed at line 12 of 340.', 'Document "b-77" failed at line 9 of 12.'],
  ['https://a.example/p?q=1 answered 403.', 'https://a.example/p?q=2 answered 404.'],
  ['Since 2026-11-20T10:00:00Z nothing.', 'Since 2026-11-21T11:30:12.5Z nothing.'],
  [
    'Id 0b8f2c64-7d0e-4a53-9c5e-1f2a3b4c5d6e is gone.',
    'Id 7d0e4a53-0b8f-4c64-9c5e-5d6e1f2a3b4c is gone.',
  ],
  ['Object 9f86d081884c7d65 is gone.', 'Object 60303ae22b998861 is gone.'],
])('what differs from one occurrence to the next is no other break: %s', (one, other) => {
  expect(withoutInstances(one)).toBe(withoutInstances(other));
});

test('a break is known by source, name, failing fields and extraction', () => {
  const base = {
    tenant: 'default',
    source: 'docs',
    name: 'SelectorMissing',
    fields: ['title', 'price'],
    because: 'Something.',
    specDigest: 'a',
  } as const;
  const same = [
    { ...base, fields: ['price', 'title'] },
    { ...base, because: 'Something else.' },
  ];
  const others = [
    { ...base, tenant: 'acme' },
    { ...base, source: 'news' },
    { ...base, name: 'SchemaDrift' as const },
    { ...base, fields: ['title'] },
    { ...base, fields: [] },
    { ...base, fields: [], because: 'Another sentence.' },
    { ...base, specDigest: 'b' },
  ];

  expect(new Set([base, ...same].map(fingerprintOf)).size).toBe(1);
  expect(new Set([base, ...others].map(fingerprintOf)).size).toBe(1 + others.length);
});
