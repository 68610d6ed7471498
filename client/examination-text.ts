import {
  EXAMINED,
  NOTED,
  type ExaminationReport,
  type ExaminedCounts,
  type FindingGroup,
} from '../workflows/collection/examination.ts';
import type { Terminal } from './terminal.ts';
import { clean, indented, plural } from './text.ts';

/** Findings by kind, the first of each whole, and what was looked at. */
export function examinationText(
  { groups, looked, notes }: ExaminationReport,
  terminal: Pick<Terminal, 'width' | 'paint'>,
): string {
  const { width, paint } = terminal;
  const wrong = groups.filter(({ kind }) => !NOTED.has(kind));
  const total = wrong.reduce((sum, one) => sum + one.total, 0);
  const verdict =
    total === 0
      ? paint.good('✓ Everything agrees.')
      : paint.bad(`✗ ${plural(total, 'finding')}. Nothing was changed.`);
  return [
    ...groups.map((group) => groupText(group, terminal)),
    ...notes.map((note) => indented(clean(`Note: ${note}`), width, '')),
    paint.faint(indented(lookedText(looked), width, '')),
    verdict,
  ].join('\n');
}

function groupText(
  { kind, total, shown }: FindingGroup,
  { width, paint }: Pick<Terminal, 'width' | 'paint'>,
): string {
  const colour = NOTED.has(kind) ? paint.warn : paint.bad;
  const more = total - shown.length;
  return [
    `${paint.strong(EXAMINED[kind])} ${colour(`(${total.toLocaleString('en')})`)}`,
    ...shown.flatMap(({ what, mend }) => [
      indented(clean(what), width, '    ', '  - '),
      paint.faint(indented(clean(mend), width, '    ')),
    ]),
    ...(more > 0
      ? [
          paint.faint(
            `  … and ${more.toLocaleString('en')} more; "doctor <source>" looks at one source.`,
          ),
        ]
      : []),
    '',
  ].join('\n');
}

function lookedText({ sources, schedules, documents, objects, indexed }: ExaminedCounts): string {
  return `Compared: ${[
    plural(sources, 'source'),
    plural(schedules, 'schedule'),
    plural(documents, 'document'),
    plural(objects, 'object'),
  ].join(', ')}, ${indexed.toLocaleString('en')} of the knowledge bases.`;
}
