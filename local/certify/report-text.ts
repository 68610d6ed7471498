import { styleText } from 'node:util';
import type {
  Certificate,
  CheckedPromise,
} from '../../activities/sources/conformance/certificate.ts';
import type { CheckGroup } from '../../activities/sources/conformance/check.ts';

/** How a text is painted: with colours on a terminal, as it is elsewhere. */
export type Paint = (style: 'green' | 'red' | 'dim' | 'bold', text: string) => string;

export function paintFor(isTerminal: boolean): Paint {
  return (style, text) => (isTerminal ? styleText(style, text, { validateStream: false }) : text);
}

const HEADINGS: Readonly<Record<CheckGroup, string>> = {
  spec: 'What it says of itself',
  check: 'Check',
  discover: 'Discover',
  read: 'Read',
  schedule: 'Whole runs',
};

/** The lines of one outcome, with the heading of its group where that begins. */
export function outcomeLines(
  one: CheckedPromise,
  isFirst: boolean,
  paint: Paint,
): readonly string[] {
  return [...(isFirst ? ['', paint('bold', HEADINGS[one.group])] : []), ...ownLines(one, paint)];
}

function ownLines(one: CheckedPromise, paint: Paint): readonly string[] {
  const id = paint('dim', `(${one.id})`);
  if (one.verdict === 'pass') {
    const note = one.note === undefined ? '' : paint('dim', `: ${clean(one.note)}`);
    return [`  ${paint('green', '✓')} ${one.title}${note}`];
  }
  if (one.verdict === 'skipped')
    return [
      `  ${paint('dim', '–')} ${one.title} ${id}`,
      `      ${paint('dim', clean(one.reason))}`,
    ];
  return [
    `  ${paint('red', '✗')} ${one.title} ${id}`,
    `      ${clean(one.detail)}`,
    `      → ${clean(one.remedy)}`,
  ];
}

/** The last lines: what to make of it. */
export function verdictLines(
  { verdict, counts, subject, spec, sha256 }: Certificate,
  paint: Paint,
): readonly string[] {
  const { pass, fail, skipped } = counts;
  const passed = `${pass} of ${pass + fail + skipped} checks passed`;
  const rest = skipped === 0 ? '' : `, ${skipped} skipped`;
  const line =
    verdict === 'passed'
      ? paint('green', `${subject} keeps the contract: ${passed}${rest}, none failed.`)
      : paint('red', `${subject} does not keep the contract: ${fail} failed, ${passed}${rest}.`);
  return [
    '',
    line,
    paint('dim', `Type ${spec.name} ${spec.version}, report ${sha256.slice(0, 16)}.`),
  ];
}

/** One line, whatever a program of somebody has put into it. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/gu, ' ').slice(0, 900);
}
