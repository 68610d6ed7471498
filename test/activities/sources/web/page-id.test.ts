import { expect, test } from 'vitest';
import { isVariant, pageId } from '../../../../activities/sources/web/page-id.ts';

const policy = { trailingSlash: 'keep', dropParameters: [] } as const;

test.each([
  ['HTTP://Example.COM:80', 'http://example.com/'],
  ['https://example.com:443/a', 'https://example.com/a'],
  ['https://example.com:8443/a', 'https://example.com:8443/a'],
  ['https://example.com./a', 'https://example.com/a'],
  ['https://example.com/a#part', 'https://example.com/a'],
  ['https://example.com/a?', 'https://example.com/a'],
  ['https://example.com/a?b=2&a=1', 'https://example.com/a?a=1&b=2'],
  ['https://example.com/a?utm_source=x&UTM_Medium=y&q=1&fbclid=z', 'https://example.com/a?q=1'],
  ['https://example.com/a;jsessionid=4711?x=1', 'https://example.com/a?x=1'],
  ['https://example.com/a/../b', 'https://example.com/b'],
  ['https://example.com/%7euser/%e4', 'https://example.com/~user/%E4'],
  ['https://example.com/ä b', 'https://example.com/%C3%A4%20b'],
  ['https://example.com/a?q=x%20y', 'https://example.com/a?q=x%20y'],
  ['https://example.com/a?q=x+y', 'https://example.com/a?q=x+y'],
  ['https://example.com/a/', 'https://example.com/a/'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
])('B6: the id of %s is %s', (url, id) => {
  expect(pageId(url, policy)).toBe(id);
  // An id is its own id, or resumed crawls would see pages twice.
  expect(pageId(id, policy)).toBe(id);
});

test.each([
  'mailto:a@example.com',
  'javascript:x',
  'https://u:p@example.com/',
  'no address',
  `https://example.com/${'x'.repeat(2048)}`,
])('"%s" is no page', (url) => {
  expect(pageId(url, policy)).toBeUndefined();
});

test('the policy removes slashes and parameters', () => {
  const remove = { trailingSlash: 'remove', dropParameters: ['Ref', 'x_*'] } as const;

  expect(pageId('https://example.com/a//?ref=1&x_y=2&keep=3', remove)).toBe(
    'https://example.com/a?keep=3',
  );
  expect(pageId('https://example.com/', remove)).toBe('https://example.com/');
});

test.each([
  ['https://a.example/x?print=1', 'https://a.example/x', true],
  ['http://a.example/x', 'https://a.example/x/', true],
  ['https://a.example/X/index.html', 'https://a.example/x/', true],
  ['https://a.example/x', 'https://a.example/', false],
  ['https://a.example/x', 'https://b.example/x', false],
])('%s and %s are views of one page: %s', (a, b, same) => {
  expect(isVariant(a, b)).toBe(same);
});
