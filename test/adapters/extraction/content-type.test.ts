import { expect, test } from 'vitest';
import { contentKindOf } from '../../../adapters/extraction/content-type.ts';

const pdf = Buffer.from('%PDF-1.7\n');
const zip = (member: string): Buffer => Buffer.from(`PK\u0003\u0004....${member}....`);
const ole = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const page = Buffer.from('<!DOCTYPE html><html><body>x</body></html>');
const none = Buffer.from('x');

test.each([
  [page, 'text/html; charset=utf-8', '/', 'html'],
  [page, 'application/xhtml+xml', '/', 'html'],
  [page, undefined, '/', 'html'],
  [page, 'application/octet-stream', '/x', 'html'],
  [none, 'text/markdown', '/', 'markdown'],
  [none, 'text/plain', '/README.md', 'markdown'],
  [none, 'text/plain', '/README', 'text'],
  [none, undefined, '/notes.txt', 'text'],
  [none, 'application/json', '/', 'json'],
  [none, 'application/ld+json', '/', 'json'],
  [none, '', '/data.json', 'json'],
  [none, 'image/png', '/a.png', 'other'],
  [none, 'text/css', '/a.css', 'other'],
  [none, 'application/javascript', '/a.js', 'other'],
  [none, undefined, '/a', 'other'],
  [page, 'application/pdf', '/a.pdf', 'html'],
  [page, 'application/msword', '/a.doc', 'html'],
  [none, 'application/pdf', '/a.pdf', 'mislabelled'],
  [none, 'application/vnd.ms-excel', '/a', 'mislabelled'],
  [zip('secret.exe'), 'application/zip', '/a.zip', 'other'],
  [zip('ppt/presentation.xml'), 'application/x', '/a.pptx', 'other'],
  [ole, 'application/msword', '/a.msi', 'other'],
] as const)('B12: case %# is dispatched', (body, header, path, kind) => {
  expect(contentKindOf(body, header, path).kind).toBe(kind);
});

test.each([
  [pdf, 'text/html', '/a', 'pdf'],
  [pdf, 'application/pdf', '/a.pdf', 'pdf'],
  [zip('word/document.xml'), 'application/zip', '/download', 'docx'],
  [zip('xl/workbook.xml'), undefined, '/a.xlsx', 'xlsx'],
  [ole, 'application/octet-stream', '/a.xls', 'xls'],
  [none, 'text/csv', '/a', 'csv'],
  [none, 'text/plain', '/a.csv', 'csv'],
] as const)(
  'B12: case %# is a file of its own type, whatever the server says',
  (body, header, path, extension) => {
    expect(contentKindOf(body, header, path)).toMatchObject({ kind: 'file', extension });
  },
);
