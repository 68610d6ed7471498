import { definitionDigest } from '../../adapters/definitions/digest.ts';
import { readDefinitions } from '../definitions.ts';
import { table } from '../table.ts';
import { clean, indented, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** Checks the definitions without contacting anything. */
export async function validate(context: Context<unknown>): Promise<Answer> {
  const { file, sources, knowledgeBases, notices } = await readDefinitions(context);
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
  const what = `${plural(sources.length, 'source')}, ${plural(knowledgeBases.length, 'knowledge base')}`;
  return {
    data: {
      file,
      sources: sources.map((one) => ({ ...one, digest: definitionDigest(one) })),
      knowledgeBases,
      notices,
    },
    text: [
      paint.good(`✓ ${file} is valid: ${what}.`),
      ...(rows.length > 0 ? ['', table(columns, rows, { width, head: paint.faint })] : []),
      ...(notices.length > 0 ? [''] : []),
      ...notices.map(({ sentence }) => paint.warn(indented(clean(sentence), width, '  ', '! '))),
    ].join('\n'),
  };
}
