import type { Passage } from '../../adapters/aws/knowledge-passages.ts';
import { knowledgePassages } from '../../adapters/aws/knowledge-passages.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { readSyncLags } from '../../adapters/postgres/fleet.ts';
import { definitionsInForce } from '../../adapters/postgres/revisions.ts';
import type { KnowledgeBaseDefinition } from '../../workflows/collection/definitions.ts';
import { suggestion } from '../../adapters/definitions/nearest.ts';
import { excerpt } from '../excerpt.ts';
import { Problem, wrongUsage } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Terminal } from '../terminal.ts';
import { clean, indented, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

interface AskOptions {
  readonly limit: number;
  readonly full: boolean;
  readonly source: string | undefined;
  readonly 'knowledge-base': string | undefined;
}

const ANSWER_WITHIN_MS = 60_000;

/** Asks the knowledge base: the passages that fit best, and where each comes from. */
export async function ask(context: Context<AskOptions>): Promise<Answer> {
  const { options, terminal, positionals } = context;
  const question = positionals.join(' ');
  const system = await context.system();
  const db = await system.database();
  const base = await chooseBase(db, options['knowledge-base']);
  const found = await knowledgePassages((await system.aws()).bedrockAgentRuntime).retrieve({
    knowledgeBaseId: base.knowledgeBaseId,
    text: question,
    numberOfResults: options.limit,
    ...(options.source === undefined ? {} : { filter: { source: options.source } }),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const late = await ingestionNote(db, base);
  const passages = found.map(toAnswer);
  const texts = passages.map((one, at) =>
    passageText(one, at, { question, full: options.full, terminal }),
  );
  const none = `Nothing in knowledge base "${base.id}" fits. "${ourCommand('sources')}" shows what was collected.`;
  return {
    data: { question, knowledgeBase: base.id, passages, ...(late === '' ? {} : { note: late }) },
    text: [...(passages.length === 0 ? [none] : texts), ...(late === '' ? [] : [late])].join(
      '\n\n',
    ),
  };
}

interface AnswerPassage {
  readonly title: string;
  readonly source: string;
  readonly url: string | undefined;
  /** `s3://bucket/key`. */
  readonly key: string;
  readonly score: number;
  readonly text: string;
  readonly metadata: Passage['metadata'];
}

function toAnswer({ text, uri, score, metadata }: Passage): AnswerPassage {
  const attribute = (name: string): string | undefined => {
    const value = metadata[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    // A row of a CSV document speaks for itself; what its file is called says little.
    title:
      attribute('row_title') ??
      attribute('row_id') ??
      attribute('title') ??
      attribute('doc_id') ??
      uri,
    source: attribute('source') ?? 'unknown',
    url: attribute('row_url') ?? attribute('url'),
    key: uri,
    score,
    text,
    metadata,
  };
}

interface PassageOptions {
  readonly question: string;
  readonly full: boolean;
  readonly terminal: Terminal;
}

const EXCERPT_LINES = 6;

function passageText(
  { title, source, url, key, score, text }: AnswerPassage,
  at: number,
  { question, full, terminal: { width, paint } }: PassageOptions,
): string {
  const facts = [
    `source ${source}`,
    ...(url === undefined ? [] : [url]),
    `score ${score.toFixed(2)}`,
  ].join(', ');
  const lines = excerpt(text, question, {
    width: width - 4,
    maxLines: full ? Infinity : EXCERPT_LINES,
  });
  return [
    paint.strong(indented(clean(title), width, '    ', `${at + 1}.`.padEnd(4))),
    paint.name(indented(clean(facts), width, '    ')),
    // Whole, so that it can be copied.
    paint.faint(`    ${key}`),
    ...lines.map((line) => `    ${line}`),
  ].join('\n');
}

/** Bases by their id in the definitions; the same one serves many sources. */
async function chooseBase(
  db: Database,
  wanted: string | undefined,
): Promise<KnowledgeBaseDefinition> {
  const definitions = await definitionsInForce(db);
  const bases = new Map(definitions.map(({ knowledgeBase }) => [knowledgeBase.id, knowledgeBase]));
  const [first, ...others] = bases.values();
  if (!first) {
    throw new Problem('There is nothing to ask: no definitions are in force.', {
      failure: 'NotFound',
      remedy: `Run "${ourCommand('apply')}", then collect with "${ourCommand('run <source>')}".`,
    });
  }
  const ids = [...bases.keys()];
  if (wanted === undefined) {
    if (others.length === 0) return first;
    throw wrongUsage(
      `There are ${plural(bases.size, 'knowledge base')}: ${ids.join(', ')}.`,
      'Name one with --knowledge-base.',
    );
  }
  const base = bases.get(wanted);
  if (base) return base;
  throw new Problem(`No knowledge base "${wanted}" is in force.`, {
    failure: 'NotFound',
    remedy: suggestion(wanted, ids, 'Knowledge bases'),
  });
}

async function ingestionNote(db: Database, { id }: KnowledgeBaseDefinition): Promise<string> {
  const lag = (await readSyncLags(db)).find(({ knowledgeBase }) => knowledgeBase === id);
  if (!lag || lag.lagMs === 0) return '';
  return 'Note: what was collected last is still being ingested. Ask again in a moment.';
}
