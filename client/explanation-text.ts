import type { ExplainedVerdict } from '../workflows/collection/explain-verdict.ts';
import type {
  DocumentFacts,
  Explanation,
  HostFacts,
  KnowledgeFacts,
  LetterFacts,
  ObjectFacts,
  PageFacts,
  StoredFacts,
} from '../workflows/collection/explanation.ts';
import { relativeTime } from './relative-time.ts';
import { ourCommand } from './spoken-commands.ts';
import type { Paint, Palette } from './terminal.ts';
import { clean, indented, sizeText } from './text.ts';

export interface ExplanationTextOptions {
  readonly width: number;
  readonly paint: Palette;
  readonly now: Date;
}

/** One document in a screen: the verdict and what to do first, then every fact behind it. */
export function explanationText(
  facts: Explanation,
  { state, sentences, next }: ExplainedVerdict,
  options: ExplanationTextOptions,
): string {
  const { paint, width } = options;
  const { sign, colour } = look(state, paint);
  return [
    paint.strong(indented(clean(facts.document?.title ?? facts.id), width, '')),
    ...sentences.map((sentence, at) =>
      at === 0
        ? indented(clean(sentence), width, '  ', `${colour(sign)} `)
        : indented(clean(sentence), width, '  '),
    ),
    ...factRows(facts, options).map((row) => rowText(row, options)),
    ...next.map((rest) => rowText(['next', ourCommand(rest)], options)),
    ...nearestText(facts, options),
  ].join('\n');
}

type Row = readonly [name: string, value: string];

const NAME_WIDTH = 11;
const INDENT = ' '.repeat(NAME_WIDTH + 3);

function rowText([name, value]: Row, { paint, width }: ExplanationTextOptions): string {
  const first = `  ${name.padEnd(NAME_WIDTH)} `;
  return indented(clean(value), width, INDENT, first).replace(first, paint.faint(first));
}

function factRows(facts: Explanation, { now }: ExplanationTextOptions): readonly Row[] {
  const ago = (iso: string): string => `${relativeTime(new Date(iso), now)} (${iso})`;
  const { ruling, page, host, document, letter, deletion, question, stored, knowledge } = facts;
  return [
    ['id', facts.id],
    ...(ruling
      ? [['rule', `${ruling.taken ? 'takes' : 'refuses'} it, because ${ruling.because}`] as const]
      : []),
    ...(page ? pageRows(page, ago) : []),
    ...(host ? hostRows(host, ago) : []),
    ...(document ? documentRows(document, ago) : []),
    ...(letter ? letterRows(letter, ago) : []),
    ...(question
      ? [
          [
            'question',
            `${question.kind}, ${question.state}, by run ${question.run}: ${question.rule}`,
          ] as const,
        ]
      : []),
    ...(deletion
      ? [['deleted', `${ago(deletion.deletedAt)} by ${deletion.run}: ${deletion.rule}`] as const]
      : []),
    ...(facts.now ? [['source', presentText(facts.now)] as const] : []),
    ...(document && stored ? storedRows(document, stored) : []),
    ...(knowledge ? [['knowledge', knowledgeText(knowledge, ago)] as const] : []),
  ];
}

type Ago = (iso: string) => string;

function pageRows(page: PageFacts, ago: Ago): readonly Row[] {
  const fetched =
    page.fetchedAt === undefined
      ? 'never'
      : `${ago(page.fetchedAt)}${page.status === undefined ? '' : `, HTTP ${page.status}`}${page.finalUrl === undefined ? '' : `, ended at ${page.finalUrl}`}`;
  const found = [
    ...(page.readAt === undefined ? [] : [`read ${ago(page.readAt)}`]),
    ...(page.links === undefined ? [] : [`${page.links} links within the scope`]),
    ...(page.textHash === undefined ? [] : [`text ${page.textHash.slice(0, 12)}`]),
  ];
  return [
    ['fetched', fetched],
    ...(found.length === 0 ? [] : [['page', found.join(', ')] as const]),
    ...validatorRows(page),
    ...(page.reason === undefined
      ? []
      : [['left out', `${page.reason}${page.detail ? `: ${page.detail}` : ''}`] as const]),
    ...(page.crawl === undefined ? [] : [['crawl', `${page.crawl}, under way`] as const]),
  ];
}

function validatorRows({
  etag,
  lastModified,
  sitemapLastmod,
}: Pick<PageFacts, 'etag' | 'lastModified' | 'sitemapLastmod'>): readonly Row[] {
  const known = [
    ...(etag === undefined ? [] : [`ETag ${etag}`]),
    ...(lastModified === undefined ? [] : [`Last-Modified ${lastModified}`]),
    ...(sitemapLastmod === undefined ? [] : [`lastmod of the sitemap ${sitemapLastmod}`]),
  ];
  return known.length === 0 ? [] : [['validators', known.join(', ')]];
}

function hostRows(host: HostFacts, ago: Ago): readonly Row[] {
  const rules =
    host.robotsReadAt === undefined
      ? 'not read yet'
      : `${host.allowed === false ? 'forbids it' : 'allows it'}${host.robotsRule ? ` by "${host.robotsRule}"` : ''}, read ${ago(host.robotsReadAt)}`;
  const answer =
    host.robotsProblem ??
    (host.robotsStatus === undefined ? undefined : `HTTP ${host.robotsStatus}`);
  const asked =
    host.robotsAskedAt && answer ? `; last asked ${ago(host.robotsAskedAt)}, ${answer}` : '';
  return [
    ['robots.txt', `${rules}${asked}`],
    [
      'host',
      host.heldUntil ? `${host.host}, not before ${host.heldUntil}` : `${host.host}, may be asked`,
    ],
  ];
}

function documentRows(document: DocumentFacts, ago: Ago): readonly Row[] {
  const { state, hash, bytes, firstSeen, lastChanged, lastSeenRun, lastSeenListing, listing } =
    document;
  const seen = lastSeenListing === listing ? '' : `, not in the newest listing (${listing})`;
  return [
    ['state', `${state}, ${sizeText(bytes)}, hash ${hash.slice(0, 32)}`],
    ['first seen', ago(firstSeen)],
    ...(lastChanged === undefined ? [] : [['changed', ago(lastChanged)] as const]),
    ['last seen', `listing ${lastSeenListing}${seen}, by ${lastSeenRun ?? 'no run'}`],
    [
      'text',
      `content ${document.contentHash?.slice(0, 12) ?? 'unknown'}, attributes ${document.metaHash?.slice(0, 12) ?? 'unknown'}`,
    ],
    ...validatorRows(document),
    ...(document.failCount > 0 || document.failure !== undefined
      ? [
          [
            'failing',
            `${document.failCount} times: ${document.failure ?? ''} ${document.failureDetail ?? ''}`,
          ] as const,
        ]
      : []),
    ...(document.goneCount > 0
      ? [['gone', `${document.goneCount} sightings: ${document.goneWhy ?? ''}`] as const]
      : []),
    ...(document.notes.length === 0 ? [] : [['notes', document.notes.join(' ')] as const]),
  ];
}

function letterRows(letter: LetterFacts, ago: Ago): readonly Row[] {
  const next =
    letter.nextAttemptAt === undefined
      ? 'never again by itself'
      : `next attempt ${letter.nextAttemptAt}`;
  return [
    ['dead letter', `${letter.failure}: ${letter.detail}`],
    [
      'attempts',
      `${letter.attempts}, first ${ago(letter.firstSeen)}, last ${ago(letter.lastSeen)} by ${letter.run}; ${next}`,
    ],
  ];
}

function presentText({ has, detail }: NonNullable<Explanation['now']>): string {
  const answers = {
    yes: 'has it now',
    no: 'does not have it',
    failed: 'has it, but it cannot be read',
    unknown: 'says nothing of it',
  };
  return `${answers[has]}${detail === undefined ? '' : `: ${detail}`}`;
}

function storedRows({ bucket, key }: DocumentFacts, stored: StoredFacts): readonly Row[] {
  const text = (object: ObjectFacts | undefined): string =>
    object
      ? `${sizeText(object.sizeBytes)}, ETag ${object.etag}${object.expected ? '' : ', not the one that the manifest names'}`
      : 'not there';
  return [
    ['object', `s3://${bucket}/${key}`],
    ...(stored.problem === undefined
      ? [['content', text(stored.content)] as const, ['sidecar', text(stored.sidecar)] as const]
      : [['content', stored.problem] as const]),
  ];
}

function knowledgeText(
  { status, reason, waitingSince, problem }: KnowledgeFacts,
  ago: Ago,
): string {
  const said = problem ?? status ?? 'says nothing of it';
  return `${said}${reason ? `: ${reason}` : ''}${waitingSince ? `; changes wait for a job since ${ago(waitingSince)}` : ''}`;
}

function nearestText(
  { nearest }: Explanation,
  { paint, width }: ExplanationTextOptions,
): readonly string[] {
  if (nearest.length === 0) return [];
  return [
    paint.faint('Known ids that are like it:'),
    ...nearest.map((id) => indented(clean(id), width, '    ', '  - ')),
  ];
}

function look(
  state: ExplainedVerdict['state'],
  { good, warn, bad, name, faint }: Palette,
): { readonly sign: string; readonly colour: Paint } {
  const looks = {
    collected: { sign: '✓', colour: good },
    waiting: { sign: '…', colour: name },
    refused: { sign: '·', colour: faint },
    deleted: { sign: '·', colour: faint },
    leaving: { sign: '!', colour: warn },
    held: { sign: '!', colour: warn },
    failed: { sign: '✗', colour: bad },
    damaged: { sign: '✗', colour: bad },
    unknown: { sign: '?', colour: warn },
  };
  return looks[state];
}
