import type { CheckResult } from '../../workflows/collection/inspection.ts';
import { inspect, type Inspection } from '../inspection.ts';
import type { Paint, Palette, Terminal } from '../terminal.ts';
import { clean, indented } from '../text.ts';
import type { Answer, Context, ExitCode } from './command.ts';

/** Tries what a run would need of a source, one capability after the other. */
export async function check(context: Context<unknown>): Promise<Answer> {
  const [source = ''] = context.positionals;
  const inspection = await inspect(context, source, { verb: 'check', limit: 0 });
  const { report } = inspection;
  const checks = report.checks ?? [];
  const exitCode = worst(checks);
  return {
    data: { source, ...report, definition: inspection.from },
    text: [
      inspectionHead(inspection),
      ...checks.map((one) => checkText(one, context.terminal)),
      ...report.notes,
      verdict(exitCode, context.terminal.paint),
    ].join('\n'),
    exitCode,
  };
}

/** What was looked at: `licences (database), as in the file`. */
export function inspectionHead({ definition, from }: Inspection): string {
  return `${definition.id} (${definition.type}), ${from === 'file' ? 'as the file says' : 'as it is in force'}`;
}

function checkText(
  { capability, verdict, detail, remedy }: CheckResult,
  { width, paint }: Terminal,
): string {
  const { sign, colour } = look(verdict, paint);
  const first = indented(
    `${clean(capability)}: ${clean(detail)}`,
    width,
    '    ',
    `  ${colour(sign)} `,
  );
  return remedy === undefined ? first : `${first}\n${indented(clean(remedy), width, '    ')}`;
}

function look(
  verdict: CheckResult['verdict'],
  { good, warn, bad }: Palette,
): { readonly sign: string; readonly colour: Paint } {
  const looks = {
    PASS: { sign: '✓', colour: good },
    FAIL: { sign: '✗', colour: bad },
    INDETERMINATE: { sign: '?', colour: warn },
  };
  return looks[verdict];
}

/** 1 when something failed, 3 when something could not be told. */
function worst(checks: readonly CheckResult[]): ExitCode {
  if (checks.some(({ verdict }) => verdict === 'FAIL')) return 1;
  return checks.some(({ verdict }) => verdict === 'INDETERMINATE') ? 3 : 0;
}

function verdict(exitCode: ExitCode, { good, warn, bad }: Palette): string {
  if (exitCode === 0) return good('It can be collected.');
  return exitCode === 1
    ? bad('It cannot be collected like this.')
    : warn('Nothing failed, but not everything could be told.');
}
