import { expect, test } from 'vitest';
import { decodeText } from '../../../adapters/extraction/charset.ts';

const text = 'Grüße aus Zürich, ça va';
const latin = Buffer.from(text, 'latin1');
const utf8 = Buffer.from(text);
const meta = (charset: string, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`<meta charset="${charset}">`), bytes]);

test.each([
  [
    'a byte order mark beats a header',
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8]),
    'text/html; charset=shift_jis',
  ],
  ['UTF-16 by its mark', Buffer.from(`\uFEFF${text}`, 'utf16le'), undefined],
  ['a header', latin, 'text/html; charset="ISO-8859-1"'],
  ['no hint, UTF-8', utf8, 'text/html'],
  ['no hint, one byte a letter', latin, undefined],
  ['a wrong header on UTF-8', utf8, 'text/html; charset=iso-8859-1'],
  ['a wrong header on one byte a letter', latin, 'text/html; charset=utf-8'],
  ['an unknown name in the header', utf8, 'text/html; charset=klingon'],
])('B13: %s', (_name, bytes, header) => {
  expect(decodeText(bytes, header)).toBe(text);
});

test('B13: a meta element counts when the header is silent', () => {
  const japanese = Buffer.from([0x93, 0xfa, 0x96, 0x7b]);

  expect(decodeText(meta('shift_jis', japanese), 'text/html')).toContain('日本');
  expect(decodeText(japanese, 'text/html; charset=Shift_JIS')).toBe('日本');
});

test('one damaged byte does not turn a page of UTF-8 into something else', () => {
  const damaged = Buffer.concat([Buffer.from('ä'.repeat(30)), Buffer.from([0xff])]);

  expect(decodeText(damaged, 'text/html; charset=utf-8')).toBe(`${'ä'.repeat(30)}\uFFFD`);
});

test('a page that could be read so far is not UTF-16, whatever it says', () => {
  expect(decodeText(meta('utf-16', utf8), undefined)).toContain(text);
});
