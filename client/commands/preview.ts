import type { InspectionReport } from '../../workflows/collection/activities.ts';
import type { PreviewedDocument } from '../../workflows/collection/inspection.ts';
import { inspect } from '../inspection.ts';
import type { Terminal } from '../terminal.ts';
import { clean, indented, plural, sizeText } from '../text.ts';
import { inspectionHead } from './check.ts';
import type { Answer, Context, ExitCode } from './command.ts';

/** What would be collected. Nothing is stored. */
export async function preview(context: Context<{ readonly limit: number }>): Promise<Answer> {
  const [source = ''] = context.positionals;
  const { terminal, options } = context;
  const inspection = await inspect(context, source, { verb: 'preview', limit: options.limit });
  const { report } = inspection;
  const { documents = [], failed = [], notes } = report;
  return {
    data: { source, ...report, definition: inspection.from },
    text: [
      inspectionHead(inspection),
      ...documents.map((one) => documentText(one, terminal)),
      ...failed.map(({ id, failure, detail }) =>
        indented(
          `${clean(id) || 'a document'}: ${failure}: ${clean(detail)}`,
          terminal.width,
          '    ',
          `  ${terminal.paint.bad('✗')} `,
        ),
      ),
      [summary(report), ...notes].join(' '),
    ].join('\n\n'),
    exitCode: exitCode(documents.length, failed.length),
  };
}

function documentText(one: PreviewedDocument, { width, paint }: Terminal): string {
  const { id, title, url, key, sizeBytes, excerpt, attributes } = one;
  const facts = [clean(url ?? id), sizeText(sizeBytes)].join(', ');
  const values = Object.entries(attributes).map(([name, value]) => `${name}=${String(value)}`);
  return [
    paint.strong(indented(clean(title ?? id), width, '  ')),
    indented(facts, width, '  '),
    // Whole, so that it can be copied.
    paint.faint(`  ${key}`),
    ...(values.length > 0 ? [paint.faint(indented(clean(values.join(' ')), width, '  '))] : []),
    indented(clean(excerpt), width, '  | '),
  ].join('\n');
}

function summary({ documents = [], failed = [] }: InspectionReport): string {
  const refused =
    failed.length > 0 ? `, ${plural(failed.length, 'document')} could not be read` : '';
  if (documents.length === 0 && failed.length === 0) return 'The source has nothing to collect.';
  return `${plural(documents.length, 'document')} shown${refused}. Nothing was stored.`;
}

function exitCode(shown: number, failed: number): ExitCode {
  if (failed === 0) return 0;
  return shown === 0 ? 1 : 3;
}
