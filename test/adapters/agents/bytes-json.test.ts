import { expect, test } from 'vitest';
import { decodeJson, encodeJson } from '../../../adapters/agents/bytes-json.ts';

test('bytes come back as bytes, wherever they stand', () => {
  const value = {
    events: [{ delta: { redactedContent: new Uint8Array([0, 255, 10]) } }],
    text: 'a\0b',
  };

  expect(decodeJson(encodeJson(value))).toStrictEqual(value);
});

test('what only looks alike stays as it is', () => {
  const value = { a: { $bytes: 'AA==', more: 1 }, b: { $bytes: 3 } };

  expect(decodeJson(encodeJson(value))).toStrictEqual(value);
});
