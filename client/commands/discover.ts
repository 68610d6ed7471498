import type { DiscoveredStream } from '../../workflows/collection/inspection.ts';
import { inspect } from '../inspection.ts';
import type { Terminal } from '../terminal.ts';
import { clean, indented } from '../text.ts';
import { inspectionHead } from './check.ts';
import type { Answer, Context } from './command.ts';

/** What a source offers: tables with their columns, resources, tools. */
export async function discover(context: Context<unknown>): Promise<Answer> {
  const [source = ''] = context.positionals;
  const inspection = await inspect(context, source, { verb: 'discover', limit: 0 });
  const { report } = inspection;
  const streams = report.discovery?.streams ?? [];
  return {
    data: { source, ...report, definition: inspection.from },
    text: [
      inspectionHead(inspection),
      ...streams.map((one) => streamText(one, context.terminal)),
      ...(streams.length === 0 ? ['It says nothing about what it offers.'] : []),
      ...report.notes,
    ].join('\n'),
  };
}

function streamText(stream: DiscoveredStream, { width, paint }: Terminal): string {
  const { name, count, primaryKey = [], cursorCandidates = [], fields = [] } = stream;
  const facts = [
    count === undefined ? '' : `${count.toLocaleString('en')} documents`,
    primaryKey.length > 0 ? `primary key ${primaryKey.join(', ')}` : '',
    cursorCandidates.length > 0 ? `cursor ${cursorCandidates.join(' or ')}` : '',
  ].filter((one) => one !== '');
  const columns = fields.map(({ name: field, type }) => `${field} ${type}`).join(', ');
  return [
    `  ${paint.strong(clean(name))}${facts.length > 0 ? `  ${clean(facts.join('; '))}` : ''}`,
    ...(columns === '' ? [] : [paint.faint(indented(clean(columns), width, '      '))]),
  ].join('\n');
}
