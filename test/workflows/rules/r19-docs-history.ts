import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect } from 'vitest';
import { normaliseText } from '../../../activities/collection/normalise.ts';
import type { RunOutcome } from '../../../workflows/collection/collect-source.ts';
import type { SourceLimits } from '../../../workflows/collection/definitions.ts';
import { serveFolder } from '../../fakes/folder-site.ts';
import type { Site } from '../../fakes/site.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';
import { openDocsHistory, type Change, type DocsHistory } from './docs-history.ts';
import { withRuleStage, type RuleStage } from './rule-stage.ts';

export type Kind = 'script' | 'web' | 'mcp';

/** The history, read by a source of some type, through real workflows into a real store. */
export interface Replay {
  readonly history: DocsHistory;
  readonly stage: RuleStage;
  /** A new source that reads the work tree. */
  readonly source: (kind: Kind, limits?: Partial<SourceLimits>) => Promise<ReplayedSource>;
}

export interface ReplayedSource {
  readonly id: string;
  /** Checks a change out and collects once. */
  at(change: Change): Promise<RunOutcome>;
  /** Collects what is checked out. */
  run(): Promise<RunOutcome>;
  /** Text by path, as S3 holds it. */
  stored(): Promise<ReadonlyMap<string, string>>;
}

/** Registers what the tests of a file share. */
export function withReplay(): () => Replay {
  const stage = withRuleStage();
  const undo = new AsyncDisposableStack();
  let parts: Place | undefined;
  beforeAll(async () => {
    const folder = undo.use(await temporaryFolder());
    const history = await openDocsHistory(folder.path);
    const site = await serveFolder(() => history.tree);
    undo.defer(() => site.close());
    parts = { history, site };
  });
  afterAll(() => undo.disposeAsync());
  return () => {
    if (!parts) throw new Error('The history is there inside tests only.');
    const place = parts;
    const { history } = place;
    return {
      history,
      stage: stage(),
      async source(kind, limits = {}) {
        const type = kind === 'web' ? 'http' : kind;
        const one = await stage().apply(kind, { type, config: configOf(kind, place), limits });
        return {
          id: one.id,
          async at(change) {
            await history.checkOut(change);
            return one.run();
          },
          run: () => one.run(),
          async stored() {
            const path = pathOf(kind, place);
            return new Map([...(await one.stored())].map(([id, text]) => [path(id), text]));
          },
        };
      },
    };
  };
}

/** What must hold after a change: S3 is the tree, and what was written is what changed since `before`. Answers the tree. */
export async function expectReplayed(
  source: ReplayedSource,
  history: DocsHistory,
  change: Change,
  before: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const { status, counts } = await source.at(change);
  const tree = await expected(history);
  expect(await source.stored(), `after change ${change.n}`).toEqual(tree);
  const { added, updated, deleted } = counts;
  expect({ n: change.n, status, added, updated, deleted }).toEqual({
    n: change.n,
    status: 'succeeded',
    added: [...tree.keys()].filter((path) => !before.has(path)).length,
    // Some changes are white space at the ends of lines, which is no change of what is stored.
    updated: [...tree].filter(([path, text]) => before.has(path) && before.get(path) !== text)
      .length,
    deleted: [...before.keys()].filter((path) => !tree.has(path)).length,
  });
  return tree;
}

/** Brings the source to each of these changes: S3 equals the tree, and a second run writes nothing. */
export async function expectSettled(
  source: ReplayedSource,
  history: DocsHistory,
  chosen: ReadonlySet<number>,
): Promise<void> {
  for (const change of history.changes.filter(({ n }) => chosen.has(n))) {
    expect(await source.at(change), `change ${change.n}`).toMatchObject({ status: 'succeeded' });
    expect(await source.stored(), `after change ${change.n}`).toEqual(await expected(history));
    expect((await source.run()).counts, `twice at change ${change.n}`).toMatchObject({
      added: 0,
      updated: 0,
      deleted: 0,
    });
  }
}

/** The tree, as it is stored. */
export async function expected(history: DocsHistory): Promise<ReadonlyMap<string, string>> {
  const files = await history.files();
  return new Map([...files].map(([path, text]) => [path, normaliseText(text)]));
}

interface Place {
  readonly history: DocsHistory;
  readonly site: Site;
}

function configOf(kind: Kind, { history: { tree }, site }: Place): Record<string, unknown> {
  if (kind === 'script') return { command: [process.execPath, FOLDER_SCRIPT, tree] };
  if (kind === 'web') return { urls: [`${site.origin}/sitemap.xml`], sitemap: 'only', delayMs: 50 };
  const search = { tool: 'search_files', args: { path: tree, pattern: '**/*.md' } };
  return {
    transport: { type: 'stdio', command: process.execPath, args: [FILESYSTEM_SERVER, tree] },
    tools: [
      {
        tool: 'read_text_file',
        args: { path: '{path}' },
        variables: { path: { ...search, itemsPath: 'content' } },
        contentType: 'text/markdown',
      },
    ],
  };
}

const FOLDER_SCRIPT = new URL('../../fakes/folder-script.mjs', import.meta.url).pathname;
const FILESYSTEM_SERVER = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-filesystem/dist/index.js',
);

/** The path in the tree that a source's own id stands for. */
function pathOf(kind: Kind, { history: { tree }, site }: Place): (id: string) => string {
  if (kind === 'script') return (id) => id;
  if (kind === 'web') return (id) => decodeURIComponent(id.slice(site.origin.length + 1));
  return (id) => (JSON.parse(id) as readonly string[])[1]?.slice(tree.length + 1) ?? id;
}
