import type { DocumentFacts, Explanation } from './explanation.ts';

/** In one word, how a source stands to a document. */
export type ExplainedState =
  | 'collected'
  | 'damaged'
  | 'held'
  | 'failed'
  | 'leaving'
  | 'deleted'
  | 'refused'
  | 'waiting'
  | 'unknown';

export interface ExplainedVerdict {
  readonly state: ExplainedState;
  /** Whole sentences, the decisive one first. */
  readonly sentences: readonly string[];
  /** What to type, after `npm run cli --`; empty where nothing is to be done. */
  readonly next: readonly string[];
}

/** Says why a document is in the knowledge base, or why it is not. Pure: the same facts, the same sentences. */
export function explainVerdict(source: string, facts: Explanation): ExplainedVerdict {
  const stored = facts.document?.state === 'live';
  const found = stored ? ofStored(source, facts) : ofMissing(source, facts);
  return { ...found, sentences: [...found.sentences, ...asides(facts)] };
}

function ofStored(source: string, facts: Explanation): ExplainedVerdict {
  const { document, ruling, question, stored } = facts;
  if (question?.state === 'open') {
    const id = question.digest.slice(0, 8);
    return verdict(
      'held',
      `It is stored and stays until somebody decides: run "${question.run}" held it (${question.rule}).`,
      [`approve ${id}`, `reject ${id}`],
    );
  }
  if (stored && stored.problem === undefined && !stored.agrees)
    return verdict('damaged', damage(facts), [again(source, facts, '--reread')]);
  if (document && document.goneCount > 0)
    return verdict(
      'leaving',
      `It is stored, but the source said that it is gone (${document.goneWhy ?? 'no reason given'}): ${document.goneCount === 1 ? 'another sighting, or a complete listing without it, deletes it' : 'the next complete run deletes it'}.`,
    );
  if (ruling && !ruling.taken)
    return verdict(
      'leaving',
      `It is stored, but ${ruling.because}, so the next complete listing will not show it, and it becomes a candidate for deletion.`,
    );
  if (document?.failure === 'ContentShrank')
    return verdict(
      'held',
      `What is stored stays, because its newest version was held back: ${document.failureDetail ?? 'it is much smaller than before'}`,
      [`notices ${source}`],
    );
  if (document && document.failCount > 0)
    return verdict(
      'failed',
      `An earlier version is stored; its last reading failed with ${document.failure ?? 'an unknown failure'}: ${document.failureDetail ?? 'no reason was kept.'}`,
      [`dead-letters ${source}`],
    );
  return ofIndexed(source, facts);
}

function ofIndexed(source: string, facts: Explanation): ExplainedVerdict {
  const { knowledge, ruling } = facts;
  const because = ruling ? `, because ${ruling.because}` : '';
  if (knowledge?.outcome === 'failed')
    return verdict(
      'failed',
      `It is collected, but the knowledge base could not index it: ${knowledge.status ?? ''}${knowledge.reason ? `, "${knowledge.reason}"` : ''}.`,
      [again(source, facts)],
    );
  if (knowledge?.outcome === 'gone')
    return verdict(
      knowledge.waitingSince ? 'waiting' : 'failed',
      knowledge.waitingSince
        ? 'It is collected; the knowledge base does not have it yet, and its next job is waited for.'
        : 'It is collected, but the knowledge base does not have it, and no job is waited for.',
      knowledge.waitingSince ? [] : [again(source, facts)],
    );
  if (knowledge?.outcome === 'pending')
    return verdict('waiting', 'It is collected, and the knowledge base is reading it now.');
  const indexed = knowledge?.outcome === 'indexed' ? ' and indexed' : '';
  return verdict('collected', `It is collected${indexed}${because}.`);
}

function ofMissing(source: string, facts: Explanation): ExplainedVerdict {
  const { document, ruling, letter, deletion, page, host } = facts;
  if (document?.state === 'deleting')
    return verdict(
      'leaving',
      'Its deletion has begun and was interrupted; the next run finishes it.',
      [`run ${source}`],
    );
  if (letter)
    return verdict('failed', `It could not be collected: ${letter.failure}, ${letter.detail}`, [
      `dead-letters retry ${source} ${quoted(facts.id)}`,
    ]);
  if (ruling && !ruling.taken)
    return verdict('refused', `It is left out, because ${ruling.because}.`);
  if (host?.allowed === false)
    return verdict(
      'refused',
      `It is left out, because robots.txt of "${host.host}" forbids it${host.robotsRule ? ` ("${host.robotsRule}")` : ''}.`,
    );
  if (page?.reason !== undefined) return verdict('refused', refusedPage(page.reason, page.detail));
  if (deletion && document?.state === 'deleted')
    return verdict(
      'deleted',
      `It was deleted at ${deletion.deletedAt} by run "${deletion.run}": ${deletion.rule}.`,
    );
  return ofUnmet(source, facts);
}

function ofUnmet(source: string, { page, ruling, now }: Explanation): ExplainedVerdict {
  if (page?.crawl === 'waiting')
    return verdict('waiting', 'The crawl under way knows it and has not come to it yet.');
  if (now?.has === 'yes')
    return verdict('waiting', 'The source has it now; no run has stored it yet.', [
      `run ${source}`,
    ]);
  if (now?.has === 'failed')
    return verdict(
      'unknown',
      `It is not known here, and the source could not say: ${now.detail ?? ''}`,
    );
  if (ruling)
    return verdict(
      'unknown',
      `The configuration would take it (${ruling.because}), but no crawl has met it: no page within the scope leads to it, and no sitemap names it.`,
    );
  return verdict(
    'unknown',
    now?.has === 'no'
      ? 'It is not known here, and the source does not have it.'
      : 'It is not known here: no run has met it.',
  );
}

const PAGE_REASONS: Readonly<Record<string, string>> = {
  robots: 'robots.txt of its host forbids it',
  noindex: 'the page asks not to be indexed (noindex)',
  redirect: 'it leads to another address',
  view: 'it is another view of a page, as its canonical link says',
  depth: 'it is deeper than "follow.maxDepth"',
  pages: 'the crawl had reached "follow.maxPages"',
  variants: 'it is one of too many variants of one path',
  'equal text': 'it is one of many pages of equal text',
  'content type': 'its kind of file is not taken',
  policy: 'the policy of this system forbids it',
  gone: 'the site says that it is gone',
};

function refusedPage(reason: string, detail: string | undefined): string {
  const because = PAGE_REASONS[reason] ?? `its last reading failed with ${reason}`;
  return `It is left out, because ${because}${detail ? `: ${detail.replace(/\.$/, '')}` : ''}.`;
}

function damage({ document, stored }: Explanation): string {
  const parts = [describe('content', stored?.content), describe('sidecar', stored?.sidecar)].filter(
    (part) => part !== '',
  );
  return `The manifest says that it is stored at "s3://${document?.bucket ?? ''}/${document?.key ?? ''}", but ${parts.join(' and ')}.`;
}

function describe(what: string, object: { readonly expected: boolean } | undefined): string {
  if (!object) return `its ${what} is missing there`;
  return object.expected ? '' : `its ${what} is another version, written by somebody else`;
}

/** What is worth saying beside the verdict. */
function asides({ document, host, knowledge, stored }: Explanation): string[] {
  return [
    ...(document && !document.current && document.state === 'live'
      ? ['It was made with another definition than this one, so the next run reads it again.']
      : []),
    ...(host?.heldUntil
      ? [`Host "${host.host}" asked not to be asked before ${host.heldUntil}.`]
      : []),
    ...leftovers(document, stored),
    ...(knowledge?.problem ? [`The knowledge base could not be asked: ${knowledge.problem}`] : []),
    ...(stored?.problem ? [`S3 could not be asked: ${stored.problem}`] : []),
  ];
}

function leftovers(document: DocumentFacts | undefined, stored: Explanation['stored']): string[] {
  const lies = stored?.content !== undefined || stored?.sidecar !== undefined;
  return document?.state === 'deleted' && lies
    ? ['An object of it still lies in S3, although the manifest says that it was deleted.']
    : [];
}

function verdict(
  state: ExplainedState,
  sentence: string,
  next: readonly string[] = [],
): ExplainedVerdict {
  return { state, sentences: [sentence], next };
}

function again(source: string, { id }: Explanation, option = ''): string {
  return ['reindex', source, quoted(id), option].filter((part) => part !== '').join(' ');
}

/** As a shell takes it. */
function quoted(id: string): string {
  return /^[\w./:@%+=,-]+$/.test(id) ? id : `'${id.replaceAll("'", String.raw`'\''`)}'`;
}
