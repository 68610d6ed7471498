import { expect, test } from 'vitest';
import { policyOf } from '../../../workflows/repair/policy.ts';
import { BASE, errorsOf, load, loaded } from './case.ts';

test('a file that says nothing of repairs asks people about each fix', async () => {
  const { repair, sources } = await loaded(BASE);

  expect(repair).toBeUndefined();
  expect(policyOf(repair, 'default', sources[0]?.repair)).toMatchObject({
    phase: 'assisted',
    approvers: 'everyone',
    quorum: 1,
    deadlineMs: 72 * 3_600_000,
    tauDeploy: 0.95,
    tauPr: 0.7,
    lambda: 0.9,
  });
});

test('what a source says wins over its tenant, and that over all', async () => {
  const { repair } = await loaded(`${BASE}repair:
  version: 1
  phase: autonomous
  deadline: 24 hours
  deploysADay: 5
  tenants:
    acme: { phase: manual, approvers: ["team:data"], deploysADay: 1 }
`);

  expect(policyOf(repair, 'other', undefined)).toMatchObject({ phase: 'autonomous' });
  expect(policyOf(repair, 'acme', { deploysADay: 0 })).toMatchObject({
    phase: 'manual',
    approvers: ['team:data'],
    deadlineMs: 24 * 3_600_000,
    deploysADay: 0,
  });
});

test('a source of tier 1 wants two people and more proof, unless its file says otherwise', async () => {
  const { repair } = await loaded(`${BASE}repair: { version: 1, lambda: 0.97 }\n`);

  expect(policyOf(undefined, 'default', { tier: 1 })).toMatchObject({ quorum: 2, lambda: 0.95 });
  expect(policyOf(repair, 'default', { tier: 1 })).toMatchObject({ quorum: 2, lambda: 0.97 });
});

test('times are read, escalation in the order of time', async () => {
  const { repair } = await loaded(`${BASE}repair:
  version: 1
  freezeWindows:
    - { from: "2026-12-23T00:00:00Z", to: "2027-01-02T00:00:00+01:00", reason: holidays }
  escalation:
    - { after: 48 hours, to: [lead] }
    - { after: 2 hours, to: ["team:on-call"] }
  quietHours: { from: "22:00", to: "07:00", timezone: Europe/Berlin }
  probation: { runs: 2 }
`);

  expect(repair).toEqual({
    version: 1,
    freezeWindows: [
      {
        fromMs: Date.parse('2026-12-23T00:00:00Z'),
        toMs: Date.parse('2027-01-01T23:00:00Z'),
        reason: 'holidays',
      },
    ],
    escalation: [
      { afterMs: 7_200_000, to: ['team:on-call'] },
      { afterMs: 172_800_000, to: ['lead'] },
    ],
    quietHours: { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' },
    probation: { runs: 2, withinMs: 172_800_000 },
  });
});

test.each([
  ['{ version: 2 }', '"repair.version" is "2" in wellspring.yaml line'],
  ['{ version: 2 }', 'This Wellspring knows version 1 of the repair policy alone.'],
  ['{ phase: manual }', '"repair.version" is missing'],
  ['{ version: 1, phase: full-auto }', 'Allowed: assisted, autonomous, manual.'],
  ['{ version: 1, fase: manual }', 'has the unknown key "fase"'],
  ['{ version: 1, tauDeploy: 0.5 }', '"repair.tauDeploy" is "0.5"'],
  ['{ version: 1, deadline: 30 days }', 'Use a time from 1 hour to 168 hours.'],
  [
    '{ version: 1, tenants: { acme: { tier: 3 } } }',
    '"repair.tenants.acme.tier" is "3" in wellspring.yaml line 3. Expected a number of at most 2.',
  ],
  ['{ version: 1, freezeWindows: [{ from: tomorrow, to: never }] }', 'Use a moment with its'],
])('%s is refused: %s', async (written, sentence) => {
  const errors = await errorsOf(`${BASE}repair: ${written}\n`);

  expect(errors.join('\n')).toContain(sentence);
});

test('a low floor is allowed, and said aloud', async () => {
  const read = await load(`${BASE}repair: { version: 1, tauDeploy: 0.9 }\n`);

  const sentences = 'notices' in read ? read.notices.map(({ sentence }) => sentence) : [];
  expect(sentences).toEqual([
    '"repair.tauDeploy" is "0.9", below the usual 0.95 in wellspring.yaml line 3. More fixes that are wrong will deploy.',
  ]);
});
