import { readDocuments } from '../../adapters/postgres/reports.ts';
import { sourceInForce } from '../known-source.ts';
import { relativeTime } from '../relative-time.ts';
import { ourCommand } from '../spoken-commands.ts';
import { table } from '../table.ts';
import { plural, sizeText } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** What is stored of a source, last changed first. */
export async function documents(context: Context<{ readonly limit: number }>): Promise<Answer> {
  const [source = ''] = context.positionals;
  const { paint, width } = context.terminal;
  const db = await (await context.system()).database();
  const { definition } = await sourceInForce(db, source);
  const { tenant } = definition;
  const page = await readDocuments(db, { tenant, source, limit: context.options.limit });
  if (page.total === 0) {
    return {
      data: page,
      text: `Nothing is stored of "${source}" yet. Collect it with ${ourCommand(`run ${source}`)}`,
    };
  }
  const now = new Date();
  const columns = [
    { title: 'TITLE', shrinkTo: 24 },
    { title: 'SIZE', align: 'right' as const },
    { title: 'CHANGED' },
    { title: 'WHERE', shrinkTo: 20 },
  ];
  const rows = page.documents.map((one) => [
    one.title ?? one.id,
    sizeText(one.bytes),
    relativeTime(one.lastChanged ?? one.firstSeen, now),
    { text: one.url ?? one.id, paint: paint.faint },
  ]);
  const more = page.total - page.documents.length;
  const [first] = page.documents;
  const folder = first
    ? `s3://${first.bucket}/${first.key.split('/').slice(0, -2).join('/')}/`
    : '';
  return {
    data: page,
    text: [
      table(columns, rows, { width, head: paint.faint }),
      '',
      `${plural(page.total, 'document')}${more > 0 ? `, ${more.toLocaleString('en')} more than shown (--limit)` : ''}. --json gives each key.`,
      paint.faint(`They are below ${folder}`),
    ].join('\n'),
  };
}
