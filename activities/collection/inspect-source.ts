import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { mapTexts } from '../../adapters/definitions/map-texts.ts';
import { modelSteps } from '../../adapters/postgres/model-steps.ts';
import { definitionOf } from '../../adapters/postgres/revisions.ts';
import type {
  InspectionReport,
  InspectSourceInput,
} from '../../workflows/collection/activities.ts';
import type { Explanation } from '../../workflows/collection/explanation.ts';
import type { PreviewedDocument } from '../../workflows/collection/inspection.ts';
import { failure } from '../../workflows/failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { SourceEnv } from '../sources/contract.ts';
import { forgetfulCrawls } from './crawl-store.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { explainDocument } from './explain-document.ts';
import { openSource, type OpenedSource } from './open-source.ts';
import { prepareDocument, type PreparedDocument } from './prepare-document.ts';
import { withoutSecrets } from './without-secrets.ts';

const EXCERPT_CHARACTERS = 600;
/** The report stays below 8 KB, the bound of a payload. */
const MAX_REPORT_BYTES = 7500;

/** Behind `check`, `discover`, `preview` and `explain`: reads, stores nothing. */
export async function inspectSource(
  input: InspectSourceInput,
  deps: CollectionDependencies,
): Promise<InspectionReport> {
  const digest = input.digest ?? (await definitionOf(deps.db, input.source))?.digest;
  if (!digest)
    throw failure(
      'NotFound',
      `No source "${input.source}" is in force. Add it to the definitions and run "npm run cli -- apply".`,
    );
  const opened = await openSource(digest, deps);
  const temporaryDirectory = await mkdtemp(join(tmpdir(), 'wellspring-look-'));
  const stop = new AbortController();
  const env = lookingEnv({
    input,
    temporaryDirectory,
    deps,
    signal: AbortSignal.any([cancellationSignal(), stop.signal]),
  });
  try {
    return await withHeartbeat(
      () => ({ verb: input.verb }),
      async () => fitted(await inspect(input, opened, env, deps), opened.redact),
    );
  } catch (error) {
    throw withoutSecrets(error, opened.redact);
  } finally {
    stop.abort();
    await rm(temporaryDirectory, { recursive: true, force: true });
  }
}

interface EnvParts {
  readonly input: InspectSourceInput;
  readonly temporaryDirectory: string;
  readonly deps: CollectionDependencies;
  readonly signal: AbortSignal;
}

function lookingEnv({ input, temporaryDirectory, deps, signal }: EnvParts): SourceEnv {
  const { tenant, source } = input;
  return {
    signal,
    log,
    sourceId: `${tenant}/${source}`,
    temporaryDirectory,
    startedAt: new Date(),
    settings: deps.settings,
    // A look compares with nothing: everything is read.
    known: async () => new Map(),
    crawls: forgetfulCrawls(),
    hosts: deps.hosts,
    // A look costs what it costs: its steps are stored and count for the month, and a retry of it pays nothing again.
    modelSteps: modelSteps(deps.db, { tenant, source, run: `look/${lookId()}` }),
  };
}

function lookId(): string {
  const { workflowExecution, activityId } = activityInfo();
  return workflowExecution?.runId ?? activityId;
}

async function inspect(
  input: InspectSourceInput,
  opened: OpenedSource,
  env: SourceEnv,
  deps: CollectionDependencies,
): Promise<InspectionReport> {
  if (input.verb === 'check') return { checks: await opened.source.check(env), notes: [] };
  if (input.verb === 'explain')
    return {
      explanation: await explainDocument(input.about ?? '', opened, env, deps),
      notes: [],
    };
  if (input.verb === 'discover') return { discovery: await opened.source.discover(env), notes: [] };
  return preview(input.limit, opened, env, deps);
}

async function preview(
  limit: number,
  opened: OpenedSource,
  env: SourceEnv,
  { settings }: CollectionDependencies,
): Promise<InspectionReport> {
  const documents: PreviewedDocument[] = [];
  const failed: { id: string; failure: string; detail: string }[] = [];
  const { maxDocumentBytes } = settings;
  for await (const message of opened.source.read(null, env)) {
    if (message.kind === 'failed') {
      failed.push({
        id: message.id ?? '',
        failure: message.failure,
        detail: message.detail.slice(0, 300),
      });
    } else if (message.kind === 'document') {
      const prepared = await prepareDocument(message.document, { ...opened, maxDocumentBytes });
      if ('refused' in prepared)
        failed.push({
          id: message.document.id.slice(0, 200),
          failure: 'InvalidDocument',
          detail: prepared.refused,
        });
      else documents.push(previewed(prepared));
    }
    if (documents.length >= limit || failed.length >= limit) break;
  }
  return { documents, failed, notes: [] };
}

function previewed({ document, key, content, attributes }: PreparedDocument): PreviewedDocument {
  const excerpt =
    content.kind === 'text'
      ? content.body.toString('utf8').slice(0, EXCERPT_CHARACTERS)
      : `(${content.contentType})`;
  return {
    id: document.id.slice(0, 300),
    ...(document.title ? { title: document.title.slice(0, 200) } : {}),
    ...(document.url ? { url: document.url.slice(0, 300) } : {}),
    key,
    sizeBytes: content.bytes,
    excerpt: excerpt.toWellFormed(),
    attributes: Object.fromEntries(
      [...attributes.values].filter(([name]) => name.startsWith('x_') || name === 'modified_at'),
    ),
  };
}

/** Shortens texts, then lists, until the report fits into a payload, and says so. */
function fitted(report: InspectionReport, redact: (text: string) => string): InspectionReport {
  const clean = mapTexts(report, redact) as InspectionReport;
  const steps = [1, 0.5, 0.25, 0.1, 0.03].map((share) =>
    share === 1 ? clean : shortened(clean, share),
  );
  const fits = steps.find((step) => Buffer.byteLength(JSON.stringify(step)) <= MAX_REPORT_BYTES);
  return fits ?? { notes: ['The answer was too large to be shown.'] };
}

function shortened(report: InspectionReport, share: number): InspectionReport {
  const cut = <T>(list: readonly T[]): T[] =>
    list.slice(0, Math.max(1, Math.ceil(list.length * share)));
  const { documents, failed, discovery, checks, explanation } = report;
  const excerpt = (text: string): string => text.slice(0, Math.max(80, EXCERPT_CHARACTERS * share));
  return {
    ...(documents
      ? { documents: cut(documents).map((one) => ({ ...one, excerpt: excerpt(one.excerpt) })) }
      : {}),
    ...(failed ? { failed: cut(failed) } : {}),
    ...(discovery ? { discovery: { streams: cut(discovery.streams) } } : {}),
    ...(checks
      ? { checks: checks.map((check) => ({ ...check, detail: excerpt(check.detail) })) }
      : {}),
    ...(explanation ? { explanation: shortTexts(explanation) } : {}),
    notes: [...report.notes, 'Shortened to fit into one answer.'],
  };
}

/** Keys and hashes stay whole; what a site or a source wrote may be long. */
function shortTexts(explanation: Explanation): Explanation {
  return mapTexts(explanation, (text) => text.slice(0, 300)) as Explanation;
}
