import type { DefinitionChange, FieldChange } from './definition-changes.ts';
import type { Plan, PlannedSchedule } from './plan.ts';
import { relativeTime } from './relative-time.ts';
import type { Palette } from './terminal.ts';
import { clean, displayWidth, indented, plural } from './text.ts';

export interface PlanTextOptions {
  readonly width: number;
  readonly paint: Palette;
  readonly now: Date;
}

/** The difference as Terraform shows one: `+` comes, `~` changes, `-` goes. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const { changes, schedules, pausedByPeople, refused } = plan;
  const { width, paint } = options;
  const people =
    pausedByPeople.length === 0
      ? []
      : [indented(`Paused by people, and stays so: ${pausedByPeople.join(', ')}.`, width, '')];
  return [
    basis(plan, options),
    ...(changes.length > 0
      ? [`${paint.strong('Sources')}\n${changes.map((one) => sourceText(one, options)).join('\n')}`]
      : []),
    ...(schedules.length > 0
      ? [
          `${paint.strong('Schedules')}\n${schedules.map((one) => scheduleText(one, options)).join('\n')}`,
        ]
      : []),
    ...people,
    ...(refused === undefined ? [] : [paint.bad(indented(refused, width, ''))]),
    summary(plan),
  ].join('\n\n');
}

function basis({ revision }: Plan, { now }: PlanTextOptions): string {
  if (!revision) return 'Nothing is in force yet.';
  return `In force is revision ${revision.id}, applied ${relativeTime(new Date(revision.createdAt), now)} by ${revision.author}.`;
}

function summary({ changes, schedules }: Plan): string {
  const count = (kind: DefinitionChange['kind']): number =>
    changes.filter((one) => one.kind === kind).length;
  if (changes.length === 0 && schedules.length === 0)
    return 'No changes: everything is as the definitions say.';
  return (
    `Plan: ${plural(count('add'), 'source')} to add, ${count('change')} to change, ${count('remove')} to remove; ` +
    `${plural(schedules.length, 'write')} to schedules.`
  );
}

function sourceText(change: DefinitionChange, options: PlanTextOptions): string {
  const { good, warn, bad } = options.paint;
  if (change.kind === 'change') {
    return [`  ${warn(`~ ${change.source}`)}`, ...fieldLines(change.fields, options)].join('\n');
  }
  const { type, schedule, category, enabled } = change.definition;
  return change.kind === 'add'
    ? `  ${good(`+ ${change.source}`)}  ${facts([type, schedule.text, category, enabled ? '' : 'disabled'])}`
    : `  ${bad(`- ${change.source}`)}  its schedule is paused now and deleted in 7 days; its documents stay`;
}

function facts(parts: readonly string[]): string {
  return parts.filter((one) => one !== '').join(', ');
}

function scheduleText(planned: PlannedSchedule, options: PlanTextOptions): string {
  const { sign, text } = scheduleLook(planned);
  const { good, warn, bad } = options.paint;
  const paint = { '+': good, '~': warn, '-': bad }[sign];
  const lines = fieldLines(planned.differences, options);
  return [`  ${paint(`${sign} ${planned.id}`)}${text === '' ? '' : `  ${text}`}`, ...lines].join(
    '\n',
  );
}

interface ScheduleLook {
  readonly sign: '+' | '~' | '-';
  readonly text: string;
}

function scheduleLook({ action, note = '' }: PlannedSchedule): ScheduleLook {
  const looks = {
    create: { sign: '+', text: '' },
    update: { sign: '~', text: '' },
    unpause: { sign: '~', text: 'runs again: its definition is enabled' },
    delete: { sign: '-', text: 'deleted: nothing has wanted it for 7 days' },
    pause: note.startsWith('managed:removed')
      ? { sign: '-', text: 'paused: nothing wants it any more' }
      : { sign: '~', text: pauseText(note) },
  } as const satisfies Record<PlannedSchedule['action'], ScheduleLook>;
  return looks[action];
}

function pauseText(note: string): string {
  return note === 'managed:disabled'
    ? 'paused: its definition says enabled: false'
    : `stays paused: ${clean(note)}`;
}

function fieldLines(
  fields: readonly FieldChange[],
  { width, paint }: PlanTextOptions,
): readonly string[] {
  const longest = Math.max(0, ...fields.map(({ field }) => displayWidth(field)));
  return fields.map(({ field, from, to }) => {
    const sign =
      from === undefined ? paint.good('+') : to === undefined ? paint.bad('-') : paint.warn('~');
    const change = [from, to]
      .filter((one) => one !== undefined)
      .map(clean)
      .join(' → ');
    const left = `      ${sign} ${field.padEnd(longest)}  `;
    const indent = ' '.repeat(longest + 10);
    return indented(change, width, indent, left);
  });
}
