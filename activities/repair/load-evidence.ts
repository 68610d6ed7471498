import type { Objects } from '../../adapters/aws/objects.ts';
import { specOf } from '../../adapters/definitions/spec-digest.ts';
import { readInThread } from '../../adapters/extraction/extract-pool.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import {
  readEvidenceProblem,
  readGoodPages,
  readLatestFailing,
  readPagesOfRun,
  type EvidenceRow,
} from '../../adapters/postgres/evidence-pages.ts';
import type { Extraction, ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { FailureName } from '../../workflows/failures.ts';
import { withoutEvidencePlace } from '../collection/evidence-place.ts';
import type { EvidenceView, FailingPage, GoodSample } from '../strategies/contract.ts';
import { openBodies, type OpenedPage } from './open-bodies.ts';

export interface EvidenceDependencies {
  readonly db: Database;
  readonly objects: Objects;
}

/** What evidence is asked for. */
export interface EvidenceQuestion {
  /** In force when the run failed: its extraction is the spec of the view, its knowledge base says where evidence lies. */
  readonly definition: SourceDefinition;
  /** Id of the run that failed. */
  readonly run: string;
  readonly failure: FailureName;
  /** Fields that fail; `records` itself is the empty text. */
  readonly fields: readonly string[];
  readonly signal: AbortSignal;
}

export type LoadedEvidence =
  | {
      readonly kind: 'view';
      /** Of what may be shown, alone. */
      readonly view: EvidenceView;
      /** What of the evidence is missing, cut or damaged, as sentences. */
      readonly notes: readonly string[];
    }
  /** Nothing can be looked at; the sentence says why and what to do. */
  | { readonly kind: 'nothing'; readonly because: string };

/**
 * The failing pages of a run, replayed through the spec in force, and the good samples that may be shown. Held-out bodies are not read. A run that was
 * told bad although no page failed by itself gives the pages that it read.
 */
export async function loadEvidence(
  question: EvidenceQuestion,
  deps: EvidenceDependencies,
): Promise<LoadedEvidence> {
  const loaded = await loadEvidenceRows(question, deps);
  if (loaded.kind === 'nothing') return loaded;
  const { kind, view, notes } = loaded;
  return { kind, view, notes };
}

/** The same with the rows of each page, for those who refer to bodies. */
export interface EvidenceWithRows extends Extract<LoadedEvidence, { readonly kind: 'view' }> {
  readonly failing: readonly (FailingPage & { readonly row: EvidenceRow })[];
  readonly good: readonly OpenedPage[];
}

/** As `loadEvidence`, with the rows. */
export async function loadEvidenceRows(
  question: EvidenceQuestion,
  deps: EvidenceDependencies,
): Promise<EvidenceWithRows | Extract<LoadedEvidence, { readonly kind: 'nothing' }>> {
  const { definition, failure, fields } = question;
  const spec = specOf(definition.id, definition.config['extract']);
  if (spec === undefined) return nothing(NO_EXTRACTION);
  const opening = { objects: deps.objects, spec, signal: question.signal };
  const rows = await failingRows(question, deps);
  const opened = await openBodies(rows.rows, opening);
  const replayed = await replayAll(opened.pages, spec, question.signal);
  const failing = relevant(replayed, question).slice(0, MAX_FAILING);
  const notes = [...rows.notes, ...opened.notes];
  if (failing.length === 0) return nothing(await whyNothing(question, notes, deps));
  const kept = await readGoodPages(deps.db, { ...sourceOf(question), side: 'shown' }, MAX_VERSIONS);
  const good = await openBodies(kept.slice(0, MAX_GOOD), opening);
  return {
    kind: 'view',
    view: {
      failure,
      spec,
      failingFields: (fields.length > 0 ? [...fields] : missedIn(failing)).toSorted(),
      failing: failing.map(({ isOdd: _isOdd, ...page }) => withoutRow(page)),
      good: good.pages.map(withoutRow),
    },
    failing,
    good: good.pages,
    notes: [...notes, ...good.notes],
  };
}

/** The good samples that no fixer may see: for checks alone. Empty where too few bodies are kept. */
export async function loadHeldOut(
  question: Pick<EvidenceQuestion, 'definition' | 'signal'>,
  deps: EvidenceDependencies,
): Promise<readonly GoodSample[]> {
  const { definition, signal } = question;
  const spec = specOf(definition.id, definition.config['extract']);
  if (spec === undefined) return [];
  const source = sourceOf(question);
  const [rows, shown] = await Promise.all([
    readGoodPages(deps.db, { ...source, side: 'held-out' }, 1),
    readGoodPages(deps.db, { ...source, side: 'shown' }, MAX_VERSIONS),
  ]);
  // Two documents with one body: what is shown cannot be held out.
  const seen = new Set(shown.map((one) => one.facts.bodySha256));
  const unseen = rows.filter((one) => !seen.has(one.facts.bodySha256));
  const opened = await openBodies(unseen.slice(0, MAX_GOOD), {
    objects: deps.objects,
    spec,
    signal,
  });
  return opened.pages.map(withoutRow);
}

const NO_EXTRACTION =
  'The source has no "extract", so there is nothing that a change of it could cure. Look at the source.';
const MAX_FAILING = 5;
const MAX_VERSIONS = 2;
const MAX_GOOD = 30;

function sourceOf({ definition }: Pick<EvidenceQuestion, 'definition'>) {
  return { tenant: definition.tenant, source: definition.id };
}

async function failingRows(
  question: EvidenceQuestion,
  { db }: EvidenceDependencies,
): Promise<{ readonly rows: readonly EvidenceRow[]; readonly notes: readonly string[] }> {
  const source = sourceOf(question);
  const rows = await readPagesOfRun(db, { ...source, run: question.run });
  if (rows.length > 0) return { rows, notes: [] };
  const latest = await readLatestFailing(db, source);
  const [newest] = latest;
  if (newest === undefined) return { rows: [], notes: [] };
  const note = `No page of run "${question.run}" is kept any more; these are of run "${newest.run}".`;
  return { rows: latest, notes: [note] };
}

type Replayed = FailingPage & Pick<OpenedPage, 'row'> & { readonly isOdd: boolean };

async function replayAll(
  pages: readonly OpenedPage[],
  spec: ExtractionSpec,
  signal: AbortSignal,
): Promise<readonly Replayed[]> {
  const replayed: Replayed[] = [];
  for (const page of pages) {
    const found = await replay(page, spec, signal);
    const { records = [], misses = [], violations = [] } = found ?? {};
    replayed.push({
      ...page,
      records,
      misses,
      isOdd: found === undefined || violations.length > 0,
    });
  }
  return replayed;
}

/** Undefined for a body that no extraction can be run on: that is a failure, too. */
async function replay(
  { body: text, finalUrl: url }: OpenedPage,
  spec: ExtractionSpec,
  signal: AbortSignal,
): Promise<Extraction | undefined> {
  try {
    return await readInThread('data', { text, url, spec }, { signal });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Of the pages that were not said to be failing, those that miss what the incident is about; all of them where it names no field. */
function relevant(pages: readonly Replayed[], { fields }: EvidenceQuestion): readonly Replayed[] {
  const isAbout = ({ misses, isOdd }: Replayed): boolean =>
    fields.length === 0 || isOdd || misses.some(({ field = '' }) => fields.includes(field));
  const failed = pages.filter(({ row }) => row.facts.failure !== undefined);
  const others = pages.filter(({ row }) => row.facts.failure === undefined);
  const about = [...failed, ...others].filter(isAbout);
  // Fields that changed their values without a miss: everything that the run read is worth a look.
  return about.length > 0 ? about : [...failed, ...others];
}

function missedIn(pages: readonly FailingPage[]): string[] {
  return [
    ...new Set(
      pages.flatMap(({ misses }) =>
        misses.filter((miss) => miss.required).map((miss) => miss.field ?? ''),
      ),
    ),
  ];
}

function withoutRow<Page extends { readonly row: EvidenceRow }>({
  row: _row,
  ...page
}: Page): Omit<Page, 'row'> {
  return page;
}

function nothing(because: string): Extract<LoadedEvidence, { readonly kind: 'nothing' }> {
  return { kind: 'nothing', because };
}

async function whyNothing(
  { definition, run }: EvidenceQuestion,
  notes: readonly string[],
  { db }: EvidenceDependencies,
): Promise<string> {
  if (definition.knowledgeBase.evidence === undefined) return withoutEvidencePlace(definition);
  const problem = await readEvidenceProblem(db, run);
  const because = problem ?? `No page of run "${run}" was kept: it got no answer that could be.`;
  return [because, ...notes].join(' ');
}
