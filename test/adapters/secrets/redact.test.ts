import { expect, test } from 'vitest';
import { redactor } from '../../../adapters/secrets/redact.ts';

test.each([
  ['as it is', 'p@ss word/1', 'login p@ss word/1 failed', 'login [secret] failed'],
  ['percent-encoded', 'p@ss word/1', 'https://h/?k=p%40ss%20word%2F1', 'https://h/?k=[secret]'],
  ['in base64', 'secret-1', 'Basic c2VjcmV0LTE=', 'Basic [secret]'],
  ['escaped in JSON', 'say "hi" now', '{"k":"say \\"hi\\" now"}', '{"k":"[secret]"}'],
  ['one line of a key', 'BEGIN-KEY\nabcdefgh', 'key: abcdefgh', 'key: [secret]'],
  ['twice', 'token-1', 'token-1,token-1', '[secret],[secret]'],
])('a secret %s is taken out', (_how, secret, text, expected) => {
  expect(redactor([secret])(text)).toBe(expected);
});

test('the longer of two secrets goes first, so that nothing of it stays', () => {
  expect(redactor(['abcdef', 'abcdef-ghi'])('x abcdef-ghi y')).toBe('x [secret] y');
});

test('short values stay, so that words of logs do', () => {
  expect(redactor(['true', '', '1'])('debug is true: 1')).toBe('debug is true: 1');
});
