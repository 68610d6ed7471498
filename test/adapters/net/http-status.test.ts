import { expect, test } from 'vitest';
import { meaningOf } from '../../../adapters/net/http-status.ts';
import { retryAfterMs } from '../../../adapters/net/retry-after.ts';

const anonymous = { credentials: false, retryAfter: false };

test.each([
  [200, 'ok'],
  [204, 'ok'],
  [299, 'ok'],
  [304, 'not-modified'],
  [404, 'gone'],
  [410, 'gone'],
  [451, 'gone'],
])('12.1: status %i means %s', (status, kind) => {
  expect(meaningOf(status, anonymous).kind).toBe(kind);
});

test('12.1: a page that is gone for legal reasons says so', () => {
  expect(meaningOf(451, anonymous)).toStrictEqual({
    kind: 'gone',
    why: 'The site answered 451: unavailable for legal reasons.',
  });
});

test.each([
  [401, anonymous, 'AuthExpired'],
  [403, anonymous, 'Blocked'],
  [403, { ...anonymous, credentials: true }, 'AccessDenied'],
  [408, anonymous, 'SourceUnavailable'],
  [425, anonymous, 'SourceUnavailable'],
  [429, anonymous, 'RateLimited'],
  [500, anonymous, 'SourceUnavailable'],
  [503, anonymous, 'SourceUnavailable'],
  [503, { ...anonymous, retryAfter: true }, 'RateLimited'],
  [599, anonymous, 'SourceUnavailable'],
  [300, anonymous, 'InvalidDocument'],
  [400, anonymous, 'InvalidDocument'],
  [418, anonymous, 'InvalidDocument'],
] as const)('12.1: status %i with %o fails as %s', (status, facts, failure) => {
  expect(meaningOf(status, facts)).toStrictEqual({ kind: 'failed', failure });
});

const now = new Date('2026-11-20T12:00:00Z');

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['1.5', 1500],
  ['Fri, 20 Nov 2026 12:02:00 GMT', 120_000],
  ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ['99999999', 86_400_000],
  ['Fri, 20 Nov 2099 12:02:00 GMT', 86_400_000],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After "%s" asks for %s ms', (header, waitMs) => {
  expect(retryAfterMs(header, now)).toBe(waitMs);
});
