import { anything, assert, property } from 'fast-check';
import { expect, test } from 'vitest';
import {
  parseGuidance,
  parseIncident,
  parseKill,
  parseRollback,
} from '../../../workflows/repair/parse-messages.ts';

const GUIDANCE = {
  incident: 'inc-1',
  decisionId: 'cli:1',
  by: 'ana',
  reason: '',
  text: 'title: h1',
};

test('whatever arrives, the parsers answer and never throw', () => {
  assert(
    property(anything(), (junk) => {
      for (const parse of [parseGuidance, parseIncident, parseKill, parseRollback])
        expect(() => parse(junk)).not.toThrow();
    }),
  );
});

test('messages of ours are read, and what they do not need is left out', () => {
  expect(parseGuidance({ ...GUIDANCE, extra: 1 })).toEqual(GUIDANCE);
  expect(parseIncident({ incident: 'inc-1', failure: 'SelectorMissing' })).toEqual({
    incident: 'inc-1',
    failure: 'SelectorMissing',
  });
  expect(parseRollback({ incident: 'inc-1', by: 'ana' })).toEqual({
    incident: 'inc-1',
    by: 'ana',
    reason: '',
  });
  expect(parseKill({ on: false, by: 'ana', reason: 'x' })).toMatchObject({ on: false });
});

test.each([
  ['no text', { ...GUIDANCE, text: '  ' }],
  ['more than 4 KB', { ...GUIDANCE, text: 'ü'.repeat(2049) }],
  ['no id of its own', { ...GUIDANCE, decisionId: '' }],
  ['no name', { ...GUIDANCE, by: 'x'.repeat(201) }],
])('guidance with %s is none', (_, guidance) => {
  expect(parseGuidance(guidance)).toBeUndefined();
});

test('guidance keeps its lines, and loses what draws on a terminal', () => {
  const text = 'title: h1\n\u001B[2Jprice: .price';
  expect(parseGuidance({ ...GUIDANCE, text })?.text).toBe('title: h1\n [2Jprice: .price');
  expect(parseGuidance({ ...GUIDANCE, text: 'ü'.repeat(2048) })).toBeDefined();
});

test.each([
  ['an unknown failure', { incident: 'inc-1', failure: 'Nonsense' }],
  ['an inherited name', { incident: 'inc-1', failure: 'toString' }],
  ['no incident', { failure: 'SelectorMissing' }],
])('an incident with %s is none', (_, incident) => {
  expect(parseIncident(incident)).toBeUndefined();
});
