import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withHash } from '../../adapters/temporal/schedule-options.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { desiredSchedule, systemSchedules } from '../../workflows/collection/desired-schedule.ts';
import {
  planSchedules,
  type ActualSchedule,
  type HashedSchedule,
  type ScheduleAction,
} from '../../workflows/collection/schedule-plan.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';

const NOW = new Date('2026-11-20T14:02:00Z');
const DAY_MS = 86_400_000;

function cron(line: string, periodMs: number): SourceDefinition['schedule'] {
  return { text: line, spec: { cron: line }, timezone: 'Europe/Berlin', periodMs };
}

describe('the schedule of a source (C13)', () => {
  test('says everything explicitly', () => {
    const definition = sourceDefinition({
      id: 'docs',
      title: 'Documentation',
      schedule: cron('0 */6 * * *', 6 * 3_600_000),
    });

    expect(desiredSchedule(definition, { place: 0.5 })).toEqual({
      id: 'source:docs',
      spec: { cron: '0 */6 * * *' },
      timezone: 'Europe/Berlin',
      jitterMs: 600_000,
      overlap: 'SKIP',
      catchupWindowMs: 6 * 3_600_000,
      pauseOnFailure: false,
      action: {
        workflowType: 'collectSource',
        workflowId: 'collect:docs',
        taskQueue: 'orchestration',
        args: [{ v: 1, source: 'docs', trigger: 'schedule' }],
        runTimeoutMs: 3 * DAY_MS,
        summary: 'Collect Documentation',
        details: expect.stringContaining('npm run cli -- runs docs'),
        attributes: {
          SourceId: 'docs',
          SourceType: 'database',
          TenantId: 'default',
          KnowledgeBaseId: 'main',
        },
      },
      attributes: { SourceId: 'docs', SourceType: 'database', TenantId: 'default' },
      enabled: true,
    });
  });

  test('of another tenant has that tenant in its ids and its input', () => {
    const schedule = desiredSchedule(sourceDefinition({ id: 'docs', tenant: 'acme' }), {
      place: 0,
    });

    expect(schedule.id).toBe('source:acme:docs');
    expect(schedule.action).toMatchObject({
      workflowId: 'collect:acme:docs',
      args: [{ v: 1, source: 'docs', tenant: 'acme', trigger: 'schedule' }],
    });
  });

  test.each([
    [60_000, 6000, 60_000],
    [3_600_000, 360_000, 3_600_000],
    [7 * DAY_MS, 600_000, DAY_MS],
  ])(
    'with a cron of period %i ms has jitter %i ms and catch-up %i ms',
    (periodMs, jitterMs, catchupWindowMs) => {
      const definition = sourceDefinition({ id: 'docs', schedule: cron('* * * * *', periodMs) });

      expect(desiredSchedule(definition, { place: 0 })).toMatchObject({
        jitterMs,
        catchupWindowMs,
      });
    },
  );

  test('with an interval has an offset instead of jitter, in whole seconds below the interval', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 1e7 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (seconds, place) => {
          const everyMs = seconds * 1000;
          const schedule = { text: '', spec: { everyMs }, timezone: 'UTC', periodMs: everyMs };
          const { spec, jitterMs } = desiredSchedule(sourceDefinition({ id: 'docs', schedule }), {
            place,
          });

          expect(jitterMs).toBe(0);
          const offsetMs = 'offsetMs' in spec ? spec.offsetMs : -1;
          expect(offsetMs % 1000).toBe(0);
          expect(offsetMs).toBeGreaterThanOrEqual(0);
          expect(offsetMs).toBeLessThan(everyMs);
        },
      ),
    );
  });

  test('keeps its summary within what Temporal takes', () => {
    const { action } = desiredSchedule(sourceDefinition({ id: 'docs', title: '𝔻'.repeat(120) }), {
      place: 0,
    });

    expect(Buffer.byteLength(action.summary)).toBeLessThanOrEqual(200);
  });
});

test('each system schedule buffers one start and ends a run that hangs before the next is due', () => {
  expect(systemSchedules()).toMatchObject([
    {
      id: 'system:reconcileSchedules',
      spec: { everyMs: 900_000, offsetMs: 0 },
      overlap: 'BUFFER_ONE',
      action: { workflowId: 'reconcileSchedules', runTimeoutMs: 840_000 },
    },
    {
      id: 'system:watchFreshness',
      spec: { everyMs: 300_000, offsetMs: 0 },
      overlap: 'BUFFER_ONE',
      action: { workflowId: 'watchFreshness', runTimeoutMs: 240_000 },
    },
    {
      id: 'system:recalibrateGate',
      spec: { everyMs: 3_600_000, offsetMs: 0 },
      overlap: 'BUFFER_ONE',
      action: { workflowId: 'recalibrate-gate', runTimeoutMs: 3_540_000 },
    },
  ]);
});

function desired(id: string, overrides: Partial<SourceDefinition> = {}): HashedSchedule {
  const definition = sourceDefinition({ id, ...overrides });
  return withHash(desiredSchedule(definition, { place: 0 }));
}

function actual(id: string, overrides: Partial<ActualSchedule> = {}): ActualSchedule {
  const { id: scheduleId, hash } = desired(id);
  return { id: scheduleId, hash, paused: false, note: '', ...overrides };
}

const kinds = (actions: readonly ScheduleAction[]): readonly string[] =>
  actions.map(
    (action) => `${action.kind} ${action.id}${'note' in action ? ` ${action.note}` : ''}`,
  );

const plan = (
  wanted: readonly HashedSchedule[],
  have: readonly ActualSchedule[],
  options: { readonly now?: Date; readonly force?: boolean } = {},
) => planSchedules(wanted, have, { now: NOW, ...options });

describe('planning', () => {
  test('creates what is missing, updates what differs, leaves the rest, in the order of ids', () => {
    const result = plan(
      [desired('c'), desired('b', { title: 'New' }), desired('a')],
      [actual('b'), actual('a')],
    );

    expect(kinds(result.actions)).toEqual(['update source:b', 'create source:c']);
    expect(result.unchanged).toEqual(['source:a']);
  });

  test.each([
    ['the cron line', { schedule: cron('1 * * * *', 3_600_000) }],
    ['the title', { title: 'Other' }],
    ['the type', { type: 'http' }],
    ['the limits', { limits: { timeoutMs: 7_200_000, sliceDocuments: 1, maxDeletedShare: 1 } }],
  ])('a change of %s is an update', (_name, change) => {
    expect(kinds(plan([desired('a', change)], [actual('a')]).actions)).toEqual(['update source:a']);
  });

  test('a change that the schedule does not carry is none: runs read it from the revision', () => {
    expect(
      plan([desired('a', { config: { url: 'x' }, category: 'other' })], [actual('a')]).actions,
    ).toEqual([]);
  });

  test.each([
    ['enabled, runs', true, {}, []],
    ['enabled, paused by a person', true, { paused: true, note: 'site is moving' }, []],
    ['enabled, paused by a person without a word', true, { paused: true, note: '' }, []],
    [
      'enabled, disabled by us before',
      true,
      { paused: true, note: 'managed:disabled' },
      ['unpause source:a managed:enabled'],
    ],
    [
      'enabled, removed by us before',
      true,
      { paused: true, note: 'managed:removed 2026-11-19' },
      ['unpause source:a managed:enabled'],
    ],
    ['enabled, runs with an old note of ours', true, { note: 'managed:disabled' }, []],
    ['disabled, runs', false, {}, ['pause source:a managed:disabled']],
    ['disabled, disabled by us before', false, { paused: true, note: 'managed:disabled' }, []],
    ['disabled, paused by a person', false, { paused: true, note: 'site is moving' }, []],
    [
      'disabled, removed by us before',
      false,
      { paused: true, note: 'managed:removed 2026-11-19' },
      ['pause source:a managed:disabled'],
    ],
    [
      'back, and paused by a person before it was removed',
      true,
      { paused: true, note: 'managed:removed 2026-11-19, paused before: site is moving' },
      ['pause source:a site is moving'],
    ],
  ])('%s', (_name, enabled, state, expected) => {
    expect(kinds(plan([desired('a', { enabled })], [actual('a', state)]).actions)).toEqual(
      expected,
    );
  });

  test('names the wanted schedules that people paused', () => {
    const result = plan(
      [desired('a', { title: 'New' }), desired('b')],
      [
        actual('a', { paused: true, note: 'ana: moving' }),
        actual('b', { paused: true, note: 'managed:disabled' }),
      ],
    );

    expect(result.pausedByPeople).toEqual(['source:a']);
  });

  test.each([
    ['runs', {}, ['pause source:a managed:removed 2026-11-20']],
    [
      'was disabled',
      { paused: true, note: 'managed:disabled' },
      ['pause source:a managed:removed 2026-11-20'],
    ],
    [
      'is paused by a person',
      { paused: true, note: 'site is moving' },
      ['pause source:a managed:removed 2026-11-20, paused before: site is moving'],
    ],
    ['was removed six days ago', { paused: true, note: 'managed:removed 2026-11-14' }, []],
    [
      'was removed a week ago',
      { paused: true, note: 'managed:removed 2026-11-13' },
      ['delete source:a'],
    ],
    [
      'was removed a week ago, paused by a person before',
      { paused: true, note: 'managed:removed 2026-11-13, paused before: x\ny' },
      ['delete source:a'],
    ],
    [
      'was removed, and a person lets it run',
      { note: 'managed:removed 2026-11-13' },
      ['pause source:a managed:removed 2026-11-20'],
    ],
    [
      'was removed at no date',
      { paused: true, note: 'managed:removed soon' },
      ['pause source:a managed:removed 2026-11-20'],
    ],
  ])('what nothing asks for any more and %s', (_name, state, expected) => {
    expect(kinds(plan([], [actual('a', state)]).actions)).toEqual(expected);
  });
});

/** As a failed run leaves it. */
const SUSPENDED = { note: 'managed:suspended since today.', applied: false };

describe('a source that the system paused', () => {
  const applied = { ...SUSPENDED, applied: true };
  const persons = { paused: true, note: 'ana: moving' };

  test.each([
    ['is not paused yet', SUSPENDED, {}, ['pause source:a managed:suspended since today.'], []],
    ['is paused', SUSPENDED, { paused: true, note: SUSPENDED.note }, [], []],
    ['was let run by a person', applied, {}, [], ['source:a']],
    ['was paused by a person before', SUSPENDED, persons, [], []],
    ['was paused by a person since', applied, persons, [], []],
    [
      'has another reason now',
      applied,
      { paused: true, note: 'managed:suspended since last week.' },
      ['pause source:a managed:suspended since today.'],
      [],
    ],
    [
      'was disabled meanwhile',
      applied,
      { paused: true, note: 'managed:disabled' },
      ['pause source:a managed:suspended since today.'],
      [],
    ],
  ])('and that %s', (_, suspended, state, expected, resumed) => {
    const result = plan([{ ...desired('a'), suspended }], [actual('a', state)]);

    expect(kinds(result.actions)).toEqual(expected);
    expect(result.resumedByPeople).toEqual(resumed);
  });

  test('runs again as soon as nothing speaks against it', () => {
    const result = plan([desired('a')], [actual('a', { paused: true, note: SUSPENDED.note })]);

    expect(kinds(result.actions)).toEqual(['unpause source:a managed:enabled']);
  });

  test('has the same hash as before', () => {
    const { hash: _, ...plain } = desired('a');

    expect(withHash({ ...plain, suspended: SUSPENDED }).hash).toBe(withHash(plain).hash);
  });
});

describe('the guard', () => {
  const many = (count: number): ActualSchedule[] =>
    Array.from({ length: count }, (_, at) => actual(`s-${at}`));
  const wanted = (from: number, to: number): HashedSchedule[] =>
    Array.from({ length: to - from }, (_, at) => desired(`s-${from + at}`));

  test.each([
    ['five of five', many(5), [], false],
    ['six of six', many(6), [], true],
    ['six of 29', many(29), wanted(6, 29), true],
    ['six of 30, which is a fifth', many(30), wanted(6, 30), false],
    ['seven of 30', many(30), wanted(7, 30), true],
  ])('%s vanish', (_name, have, want, refused) => {
    const result = plan(want, have);

    expect(result.refused !== undefined).toBe(refused);
    expect(plan(want, have, { force: true }).refused).toBeUndefined();
  });

  test('says how many of how many, and the way out', () => {
    expect(plan(wanted(7, 30), many(30)).refused).toBe(
      '7 of 30 schedules would be removed, more than a fifth. Nothing was changed. Look whether the definitions are complete; if so, run "npm run cli -- apply --force".',
    );
  });

  test('does not count what was removed before, when its week is over', () => {
    const old = { paused: true, note: 'managed:removed 2026-11-01' };
    const have = many(20).map((one, at) => (at < 10 ? { ...one, ...old } : one));

    const result = plan(wanted(10, 20), have);

    expect(result.refused).toBeUndefined();
    expect(result.actions).toHaveLength(10);
  });
});

describe('for any definitions and any state', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  const note = fc.constantFrom(
    '',
    'ana: site is moving',
    'managed:disabled',
    'managed:enabled',
    SUSPENDED.note,
    'managed:removed 2026-11-01',
    'managed:removed 2026-11-19',
    'managed:removed 2026-11-19, paused before: ana: site is moving',
  );
  const wanted = fc
    .uniqueArray(
      fc.record({
        id: ids,
        enabled: fc.boolean(),
        title: fc.constantFrom('x', 'y'),
        suspended: fc.constantFrom(undefined, SUSPENDED, { ...SUSPENDED, applied: true }),
      }),
      { selector: ({ id }) => id },
    )
    .map((some) =>
      some.map(({ id, suspended, ...rest }) => ({
        ...desired(id, rest),
        ...(suspended ? { suspended } : {}),
      })),
    );
  const have = fc
    .uniqueArray(
      fc.record({ id: ids, paused: fc.boolean(), note, title: fc.constantFrom('x', 'y') }),
      { selector: ({ id }) => id },
    )
    .map((some) =>
      some.map(({ id, title, ...rest }) =>
        actual(id, { ...rest, hash: desired(id, { title }).hash }),
      ),
    );

  test('planning again after the writes gives no action', () => {
    fc.assert(
      fc.property(wanted, have, (want, state) => {
        const after = applied(state, plan(want, state, { force: true }).actions);

        expect(plan(want, after, { force: true }).actions).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('afterwards everything wanted is there with its hash, and disabled ones are paused', () => {
    fc.assert(
      fc.property(wanted, have, (want, state) => {
        const after = applied(state, plan(want, state, { force: true }).actions);

        for (const { id, hash, enabled } of want) {
          const now = after.find((one) => one.id === id);
          expect(now?.hash).toBe(hash);
          expect(enabled || now?.paused).toBe(true);
        }
      }),
    );
  });

  test('a pause by a person is never lifted, not even by removing and adding the source again', () => {
    fc.assert(
      fc.property(wanted, wanted, have, (first, second, state) => {
        const people = state.filter((one) => one.paused && !one.note.startsWith('managed:'));
        const once = applied(state, plan(first, state, { force: true }).actions);
        const twice = applied(once, plan(second, once, { force: true }).actions);

        for (const { id, note } of people) {
          const now = twice.find((one) => one.id === id);
          const notes = second.some((one) => one.id === id)
            ? [note, 'no reason given']
            : [`managed:removed 2026-11-20, paused before: ${note || 'no reason given'}`];
          expect(now?.paused).toBe(true);
          expect(notes).toContain(now?.note);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('nothing is deleted that was not paused as removed for a week', () => {
    fc.assert(
      fc.property(wanted, have, (want, state) => {
        for (const { kind, id } of plan(want, state).actions) {
          if (kind !== 'delete') continue;
          const before = state.find((one) => one.id === id);
          expect(before?.paused).toBe(true);
          expect(before?.note).toMatch(/^managed:removed 2026-11-01/);
        }
      }),
    );
  });
});

/** What Temporal would have after the writes. */
function applied(
  state: readonly ActualSchedule[],
  actions: readonly ScheduleAction[],
): readonly ActualSchedule[] {
  const after = new Map(state.map((one) => [one.id, one]));
  for (const action of actions) {
    const before = after.get(action.id);
    if (action.kind === 'delete') after.delete(action.id);
    else after.set(action.id, afterOne(action, before));
  }
  return [...after.values()];
}

function afterOne(
  action: Exclude<ScheduleAction, { kind: 'delete' }>,
  before: ActualSchedule | undefined,
): ActualSchedule {
  if (action.kind === 'create') {
    const { hash, enabled, suspended } = action.schedule;
    const why = enabled ? suspended?.note : 'managed:disabled';
    return { id: action.id, hash, paused: why !== undefined, note: why ?? '' };
  }
  if (!before) throw new Error(`"${action.id}" is not there.`);
  if (action.kind === 'update') return { ...before, hash: action.schedule.hash };
  return { ...before, paused: action.kind === 'pause', note: action.note };
}
