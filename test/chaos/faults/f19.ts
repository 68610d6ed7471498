import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentHash } from '../../../activities/collection/identity.ts';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd } from '../steps/runs.ts';
import { feedBehaves } from '../steps/sources.ts';

const document = (id: string, content: string, more: object = {}): string =>
  JSON.stringify({ kind: 'document', id, title: id, content, ...more });

/** Each becomes a document, in some form. */
const ODD: readonly string[] = [
  document('odd-bom', '\uFEFFA text behind a byte order mark.'),
  document('odd-crlf', 'One line.\r\nAnother line.\r\n'),
  document('odd-bidi', 'A text \u202Ewith\u202C a change \u200Bof direction.'),
  document('odd-long', `${'word '.repeat(500_000)}end`),
  document('odd/../../path', 'An id that looks like a path.'),
  document('odd-path', 'An id that looks like another one.'),
  document('odd?q=1', 'An id with a query.'),
  document('odd?q=2', 'An id with another query.'),
];

/** None of these can be one. */
const POISON: readonly string[] = [
  document('poison-empty', ''),
  document('poison-nul\u0000', 'An id with NUL.'),
  '{"kind":"document","id":"poison-half","content":"\\ud800"',
  'this is no JSON at all',
  '[]',
];

/** Strings that have broken other programs, as ids and titles; none where the materials are not here. */
function naughty(): readonly string[] {
  const file = join(process.env['TEST_MATERIALS'] ?? '', 'naughty-strings', 'blns.json');
  if (!existsSync(file)) return [];
  const texts = JSON.parse(readFileSync(file, 'utf8')) as string[];
  return [...new Set(texts)].filter((text) => text.replaceAll(/[\p{Cc}\s]/gu, '') !== '');
}

/** By their hashes: for people, ids are written on one line, without control characters. */
async function stored({ db }: Arena): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('documents')
    .select('hash')
    .where('state', '=', 'live')
    .execute();
  return new Set(rows.map(({ hash }) => hash));
}

function allAreStored(ids: readonly string[]): Step {
  return {
    says: `see that ${ids.length} odd documents are stored, and what cannot be one is a dead letter`,
    async act(arena) {
      const live = await stored(arena);
      const lost = ids.filter((id) => !live.has(documentHash(id)));
      const letters = await arena.db.selectFrom('dead_letters').select('hash').execute();
      arena.count('odd documents that were stored', ids.length - lost.length);
      arena.count('dead letters', letters.length);
      if (lost.length > 0) throw new Error(`${lost.length} are not, such as "${lost[0]}".`);
    },
  };
}

export const f19: Fault = {
  id: 'F19',
  title: 'documents are poisoned',
  workload: { feed: 100 },
  script(random) {
    const names = naughty();
    const chosen = random.some(40, names.length).map((at) => names[at - 1] ?? '');
    const strange = chosen.map((name) => document(name, `The text of something strange.`));
    const lines = [...POISON, ...ODD, ...strange];
    const ids = [...ODD, ...strange].map((line) => (JSON.parse(line) as { id: string }).id);
    const behaves = feedBehaves({ lines });
    return [
      { ...behaves, says: `the feed begins with ${lines.length} odd lines: ${chosen.join(' ')}` },
      collect(),
      runsEnd('partial'),
      allAreStored(ids),
    ];
  },
  observe: ({ seen }) => ({
    'odd documents that were stored': seen.get('odd documents that were stored') ?? 0,
    'dead letters': seen.get('dead letters') ?? 0,
  }),
  heals: 'by itself',
};
