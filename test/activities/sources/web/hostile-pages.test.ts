import { afterEach, expect, test } from 'vitest';
import { http } from '../../../../activities/sources/http.ts';
import { articlePage, startSite, type Page, type Site } from '../../../fakes/site.ts';
import { readAll, said } from './reading.ts';

let site: Site | undefined;
afterEach(() => site?.close());

const typed = (type: string, body: string | Buffer): Page => ({
  headers: { 'content-type': type },
  body,
});

test('F18: pages that would stop a reader fail alone; those behind them are read, and heartbeats go on', async () => {
  site = await startSite({
    '/greedy': `<body><p>${'<br>'.repeat(1_300_000)}`,
    '/large': `<body>${'x'.repeat(5 * 1024 * 1024)}`,
    '/deep': `<body>${'<x-y>'.repeat(900_000)}deep text`,
    '/good': articlePage('Good'),
  });
  const paths = ['/greedy', '/large', '/deep', '/good'];
  let beats = 0;
  const heart = setInterval(() => (beats += 1), 100);
  const startedAt = performance.now();

  const urls = paths.map((path) => `${site?.origin}${path}`);
  const reading = await readAll(http, { urls }, { settings: { pageDeadlineMs: 5000 } });

  clearInterval(heart);
  expect(said(site, reading)).toStrictEqual([
    'document /deep',
    'document /good',
    'failed /greedy',
    'failed /large',
  ]);
  const failures = reading.messages.flatMap((one) => (one.kind === 'failed' ? [one.failure] : []));
  expect(failures).toStrictEqual(['InvalidDocument', 'InvalidDocument']);
  expect(beats).toBeGreaterThan((performance.now() - startedAt) / 100 / 4);
}, 90_000);

test('B12: PDF and Office files go by their bytes, whatever the server and the address say', async () => {
  const docx = Buffer.from('PK\u0003\u0004....word/document.xml....');
  site = await startSite({
    '/report': typed('text/html', '%PDF-1.7 x'),
    '/letter.pdf': typed('application/pdf', docx),
    '/page.pdf': typed('application/pdf', articlePage('Really a page')),
    '/broken.pdf': typed('application/pdf', 'half a file'),
  });
  const paths = ['/report', '/letter.pdf', '/page.pdf', '/broken.pdf'];

  const { messages } = await readAll(http, { urls: paths.map((path) => `${site?.origin}${path}`) });

  const found = messages.flatMap((one) => {
    if (one.kind === 'failed') return [one.detail.replace(site?.origin ?? '', '')];
    if (one.kind !== 'document') return [];
    const { body, title } = one.document;
    return [body.kind === 'file' ? body.contentType : `${body.kind} ${title}`];
  });
  expect(found).toStrictEqual([
    'application/pdf',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'markdown Really a page',
    '"/broken.pdf" (200, 11 bytes) says that it is "application/pdf", and is not. Ask its owner to mend the file, or exclude it.',
  ]);
});

test('B13: the text is right by byte order mark, header, meta and, where they lie, by its bytes', async () => {
  const japanese = Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea]);
  const page = (head: string, text: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from(`<html><head>${head}<title>`),
      text,
      Buffer.from('</title></head><body><p>x</p></body></html>'),
    ]);
  site = await startSite({
    '/mark': typed(
      'text/html; charset=shift_jis',
      Buffer.from('\uFEFF<title>日本語</title><p>x', 'utf16le'),
    ),
    '/header': typed('text/html; charset=Shift_JIS', page('', japanese)),
    '/meta': typed(
      'text/html',
      page('<meta http-equiv="content-type" content="text/html; charset=shift_jis">', japanese),
    ),
    '/lie': typed('text/html; charset=iso-8859-1', page('', Buffer.from('日本語'))),
  });
  const paths = ['/mark', '/header', '/meta', '/lie'];

  const { messages } = await readAll(http, { urls: paths.map((path) => `${site?.origin}${path}`) });

  const titles = messages.flatMap((one) => (one.kind === 'document' ? [one.document.title] : []));
  expect(titles).toStrictEqual(paths.map(() => '日本語'));
});
