import { expect, test } from 'vitest';
import { BASE, errorsOf, load, loaded } from './case.ts';

const HOOK = '{ id: ops, url: "https://hooks.example.com/x", secret: "${env:HOOK_SECRET}"';
const file = (...hooks: readonly string[]): string =>
  `${BASE}notifications:\n${hooks.map((hook) => `  - ${hook}\n`).join('')}`;

test('references to secrets stay references, set or not', async () => {
  const text = file(
    '{ id: ops, url: "${env:HOOK_URL}", secret: "secretsmanager:hooks/ops", headers: { Authorization: "Bearer ${env:TOKEN}" }, events: [run-held] }',
  );
  const { notifications } = await loaded(text, { HOOK_URL: 'https://secret.example.com/T0K3N' });
  expect(notifications).toEqual([
    {
      id: 'ops',
      url: '${env:HOOK_URL}',
      secret: 'secretsmanager:hooks/ops',
      headers: { Authorization: 'Bearer ${env:TOKEN}' },
      events: ['run-held'],
    },
  ]);
});

test('a file without webhooks tells nobody', async () => {
  expect((await loaded(BASE)).notifications).toEqual([]);
});

test('a secret in plain text is told, and never shown', async () => {
  const read = await load(
    file('{ id: ops, url: "https://hooks.example.com/x", secret: hunter2secret }'),
  );
  const sentences = 'notices' in read ? read.notices.map(({ sentence }) => sentence) : [];
  expect(sentences).toEqual([
    expect.stringContaining('"secret" holds a secret in plain text in wellspring.yaml line 4'),
  ]);
  expect(JSON.stringify(sentences)).not.toContain('hunter2');
});

test.each([
  [
    `${HOOK}, event: [run-held] }`,
    'The entry has the unknown key "event" in wellspring.yaml line 4, webhook "ops". Did you mean "events"?',
  ],
  [
    `${HOOK}, events: [run-hold] }`,
    '"events[0]" is "run-hold" in wellspring.yaml line 4, webhook "ops". Did you mean "run-held"?',
  ],
  [
    '{ id: ops, url: "ftp://example.com", secret: "${env:S}" }',
    '"url" is a secret of the wrong form in wellspring.yaml line 4, webhook "ops". Use a whole http or https address, or a reference such as "${env:WEBHOOK_URL}".',
  ],
  ['{ id: ops, url: "https://example.com" }', '"secret" is missing in wellspring.yaml line 4'],
  [`${HOOK}, headers: { X-Wellspring-Signature: x } }`, 'Wellspring sets this header itself'],
])('%s is refused with its line', async (hook, sentence) => {
  expect(await errorsOf(file(hook))).toEqual([expect.stringContaining(sentence)]);
});

test('two webhooks of one name are refused, for their deliveries would be mixed up', async () => {
  expect(await errorsOf(file(`${HOOK} }`, `${HOOK} }`))).toEqual([
    expect.stringContaining('"id" is "ops" a second time in wellspring.yaml line 5'),
  ]);
});
