import { definitionDigest } from '../../adapters/definitions/digest.ts';
import { readDefinitions } from '../definitions.ts';
import { table } from '../table.ts';
import { clean, indented, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** Checks the definitions without contacting anything. */
export async function validate(context: Context<unknown>): Promise<Answer> {
  const awaited = new Set<string>();
  const read = await readDefinitions(context, { onAwaited: (name) => awaited.add(name) });
  const { file, sources, knowledgeBases, notifications } = read;
  const notices = [...read.notices.map(({ sentence }) => sentence), ...awaitedNotice(awaited)];
  const { width, paint } = context.terminal;
  const columns = [
    { title: 'SOURCE' },
    { title: 'TYPE' },
    { title: 'SCHEDULE', shrinkTo: 12 },
    { title: 'KNOWLEDGE BASE', shrinkTo: 8 },
    { title: 'CATEGORY', shrinkTo: 8 },
  ];
  const rows = sources.map(({ id, type, schedule, knowledgeBase, category, enabled }) => [
    id,
    type,
    `${schedule.text}${enabled ? '' : ' (disabled)'}`,
    knowledgeBase.id,
    category,
  ]);
  const what = [
    plural(sources.length, 'source'),
    plural(knowledgeBases.length, 'knowledge base'),
    ...(notifications.length > 0 ? [plural(notifications.length, 'webhook')] : []),
  ].join(', ');
  return {
    data: {
      file,
      sources: sources.map((one) => ({ ...one, digest: definitionDigest(one) })),
      knowledgeBases,
      notifications,
      notices: read.notices,
    },
    text: [
      paint.good(`✓ ${file} is valid: ${what}.`),
      ...(rows.length > 0 ? ['', table(columns, rows, { width, head: paint.faint })] : []),
      ...(notices.length > 0 ? [''] : []),
      ...notices.map((sentence) => paint.warn(indented(clean(sentence), width, '  ', '! '))),
    ].join('\n'),
  };
}

/** Valid all the same: the embedded system knows them, and on AWS a person sets them. */
function awaitedNotice(names: ReadonlySet<string>): string[] {
  if (names.size === 0) return [];
  return [
    `Not set here: ${[...names].join(', ')}. "npm start" sets them for its own system; for another one, set them yourself.`,
  ];
}
