import { describe, expect, test } from 'vitest';
import { explainVerdict } from '../../workflows/collection/explain-verdict.ts';
import type {
  DocumentFacts,
  Explanation,
  KnowledgeFacts,
  StoredFacts,
} from '../../workflows/collection/explanation.ts';

const LIVE: DocumentFacts = {
  hash: 'h',
  state: 'live',
  bucket: 'b',
  key: 'k.md',
  bytes: 1,
  firstSeen: '2026-11-01T00:00:00Z',
  lastSeenListing: 3,
  listing: 3,
  current: true,
  goneCount: 0,
  failCount: 0,
  notes: [],
};
const OBJECT = { etag: '"e"', sizeBytes: 1, expected: true };
const STORED: StoredFacts = { content: OBJECT, sidecar: OBJECT, agrees: true };
const INDEXED: KnowledgeFacts = { uri: 's3://b/k.md', status: 'INDEXED', outcome: 'indexed' };
const WELL: Explanation = {
  asked: 'k',
  id: 'k',
  document: LIVE,
  stored: STORED,
  knowledge: INDEXED,
  nearest: [],
};
const NOWHERE: Explanation = { asked: 'k', id: 'k', nearest: [] };
const TAKEN = { id: 'k', taken: true, because: 'it is a seed of "urls"' };
const REFUSED = { id: 'k', taken: false, because: '"follow.exclude" has "/old/**"' };
const HOST = { host: 'example.com' };

describe('what is stored', () => {
  test.each<[string, Partial<Explanation>, string, string]>([
    ['and indexed', {}, 'collected', 'It is collected and indexed.'],
    [
      'by a rule',
      { ruling: TAKEN },
      'collected',
      'It is collected and indexed, because it is a seed of "urls".',
    ],
    [
      'although a rule refuses it now',
      { ruling: REFUSED },
      'leaving',
      'It is stored, but "follow.exclude" has "/old/**", so the next complete listing will not show it, and it becomes a candidate for deletion.',
    ],
    [
      'and seen to be gone once',
      { document: { ...LIVE, goneCount: 1, goneWhy: 'HTTP 404' } },
      'leaving',
      'It is stored, but the source said that it is gone (HTTP 404): another sighting, or a complete listing without it, deletes it.',
    ],
    [
      'without its content',
      { stored: { sidecar: OBJECT, agrees: false } },
      'damaged',
      'The manifest says that it is stored at "s3://b/k.md", but its content is missing there.',
    ],
    [
      'with another sidecar',
      { stored: { content: OBJECT, sidecar: { ...OBJECT, expected: false }, agrees: false } },
      'damaged',
      'The manifest says that it is stored at "s3://b/k.md", but its sidecar is another version, written by somebody else.',
    ],
    [
      'but failing since',
      {
        document: {
          ...LIVE,
          failCount: 2,
          failure: 'SourceUnavailable',
          failureDetail: 'HTTP 500.',
        },
      },
      'failed',
      'An earlier version is stored; its last reading failed with SourceUnavailable: HTTP 500.',
    ],
    [
      'but shrunken',
      { document: { ...LIVE, failure: 'ContentShrank', failureDetail: 'It shrank.' } },
      'held',
      'What is stored stays, because its newest version was held back: It shrank.',
    ],
    [
      'but refused by the knowledge base',
      { knowledge: { uri: 'u', status: 'FAILED', outcome: 'failed', reason: 'Too large.' } },
      'failed',
      'It is collected, but the knowledge base could not index it: FAILED, "Too large.".',
    ],
    [
      'and not indexed, with a job to come',
      { knowledge: { uri: 'u', status: 'NOT_FOUND', outcome: 'gone', waitingSince: '2026-11-21' } },
      'waiting',
      'It is collected; the knowledge base does not have it yet, and its next job is waited for.',
    ],
    [
      'and not indexed, with no job to come',
      { knowledge: { uri: 'u', status: 'NOT_FOUND', outcome: 'gone' } },
      'failed',
      'It is collected, but the knowledge base does not have it, and no job is waited for.',
    ],
  ])('%s', (_, facts, state, sentence) => {
    const found = explainVerdict('docs', { ...WELL, ...facts });

    expect({ state: found.state, sentence: found.sentences[0] }).toEqual({ state, sentence });
  });

  test('a question that is open comes before everything else, with its commands', () => {
    const question = {
      digest: 'abcdef0123',
      state: 'open',
      kind: 'deletions',
      run: 'r',
      rule: 'x',
    };

    const found = explainVerdict('docs', { ...WELL, ruling: REFUSED, question });

    expect(found).toMatchObject({ state: 'held', next: ['approve abcdef01', 'reject abcdef01'] });
  });
});

describe('what is not stored', () => {
  test.each<[string, Partial<Explanation>, string, string]>([
    [
      'because a rule refuses it',
      { ruling: REFUSED },
      'refused',
      'It is left out, because "follow.exclude" has "/old/**".',
    ],
    [
      'because of a line of robots.txt',
      { ruling: TAKEN, host: { ...HOST, allowed: false, robotsRule: 'Disallow: /k' } },
      'refused',
      'It is left out, because robots.txt of "example.com" forbids it ("Disallow: /k").',
    ],
    [
      'because it asks not to be indexed',
      { ruling: TAKEN, page: { reason: 'noindex', detail: 'The header says so.' } },
      'refused',
      'It is left out, because the page asks not to be indexed (noindex): The header says so.',
    ],
    [
      'because of its depth',
      { ruling: TAKEN, page: { reason: 'depth' } },
      'refused',
      'It is left out, because it is deeper than "follow.maxDepth".',
    ],
    [
      'because its reading failed',
      { page: { reason: 'Blocked' } },
      'refused',
      'It is left out, because its last reading failed with Blocked.',
    ],
    [
      'yet',
      { ruling: TAKEN, page: { crawl: 'waiting' } },
      'waiting',
      'The crawl under way knows it and has not come to it yet.',
    ],
    [
      'yet, but the source has it',
      { now: { has: 'yes' } },
      'waiting',
      'The source has it now; no run has stored it yet.',
    ],
    ['and nowhere', {}, 'unknown', 'It is not known here: no run has met it.'],
    [
      'and no link leads to it',
      { ruling: TAKEN },
      'unknown',
      'The configuration would take it (it is a seed of "urls"), but no crawl has met it: no page within the scope leads to it, and no sitemap names it.',
    ],
    [
      'any more',
      {
        document: { ...LIVE, state: 'deleted' },
        deletion: { run: 'r', rule: 'gone', deletedAt: '2026-11-21' },
      },
      'deleted',
      'It was deleted at 2026-11-21 by run "r": gone.',
    ],
  ])('%s', (_, facts, state, sentence) => {
    const found = explainVerdict('docs', { ...NOWHERE, ...facts });

    expect({ state: found.state, sentence: found.sentences[0] }).toEqual({ state, sentence });
  });

  test('a dead letter comes with the command that tries it again, safe for a shell', () => {
    const letter = {
      failure: 'Blocked',
      detail: 'HTTP 403.',
      attempts: 2,
      firstSeen: '2026-11-01',
      lastSeen: '2026-11-02',
      run: 'r',
    };

    const found = explainVerdict('docs', { ...NOWHERE, id: "it's here", letter });

    expect(found.sentences[0]).toBe('It could not be collected: Blocked, HTTP 403.');
    expect(found.next).toEqual([String.raw`dead-letters retry docs 'it'\''s here'`]);
  });

  test('a host that asked for a rest and leftovers in S3 are said beside it', () => {
    const found = explainVerdict('docs', {
      ...NOWHERE,
      host: { ...HOST, heldUntil: '2026-11-21T12:00:00Z' },
      document: { ...LIVE, state: 'deleted' },
      stored: { sidecar: OBJECT, agrees: false },
    });

    expect(found.sentences.slice(1)).toEqual([
      'Host "example.com" asked not to be asked before 2026-11-21T12:00:00Z.',
      'An object of it still lies in S3, although the manifest says that it was deleted.',
    ]);
  });
});
