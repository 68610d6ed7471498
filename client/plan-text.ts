import { isPauseNote } from '../workflows/collection/pause-note.ts';
import { fixesText } from './fixes-text.ts';
import type { DefinitionChange, FieldChange } from './definition-changes.ts';
import type { Plan, PlannedSchedule, WebhookChange } from './plan.ts';
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
  const { changes, webhooks, repair, schedules, fixes, pausedByPeople, refused } = plan;
  const { width, paint } = options;
  const people = `Paused by people, and stays so: ${pausedByPeople.join(', ')}.`;
  return [
    basis(plan, options),
    ...(changes.length > 0 ? [sourcesText(changes, options)] : []),
    ...(webhooks.length > 0 ? [webhooksText(webhooks, options)] : []),
    ...(repair.length > 0
      ? [[paint.strong('Repair'), ...fieldLines(repair, options)].join('\n')]
      : []),
    ...(schedules.length > 0 ? [schedulesText(schedules, options)] : []),
    ...(fixes.length > 0 ? [fixesText(fixes, options)] : []),
    ...(pausedByPeople.length > 0 ? [indented(people, width, '')] : []),
    ...(refused === undefined ? [] : [paint.bad(indented(refused, width, ''))]),
    summary(plan),
  ].join('\n\n');
}

function basis({ revision }: Plan, { now }: PlanTextOptions): string {
  if (!revision) return 'Nothing is in force yet.';
  return `In force is revision ${revision.id}, applied ${relativeTime(new Date(revision.createdAt), now)} by ${revision.author}.`;
}

function summary({ changes, webhooks, repair, schedules }: Plan): string {
  const count = (kind: DefinitionChange['kind']): number =>
    changes.filter((one) => one.kind === kind).length;
  if ([changes, webhooks, repair, schedules].every((list) => list.length === 0))
    return 'No changes: everything is as the definitions say.';
  return (
    `Plan: ${plural(count('add'), 'source')} to add, ${count('change')} to change, ${count('remove')} to remove; ` +
    `${plural(schedules.length, 'write')} to schedules${webhooks.length > 0 ? `; ${plural(webhooks.length, 'webhook')}` : ''}` +
    `${repair.length > 0 ? `; ${plural(repair.length, 'setting')} of repairs` : ''}.`
  );
}

function sourcesText(changes: readonly DefinitionChange[], options: PlanTextOptions): string {
  const longest = Math.max(...changes.map(({ source }) => source.length));
  const lines = changes.map((one) => sourceText(one, options, longest));
  return [options.paint.strong('Sources'), ...lines].join('\n');
}

function sourceText(change: DefinitionChange, options: PlanTextOptions, longest: number): string {
  const { good, warn, bad } = options.paint;
  if (change.kind === 'change') {
    return [`  ${warn(`~ ${change.source}`)}`, ...fieldLines(change.fields, options)].join('\n');
  }
  const name = change.source.padEnd(longest);
  const { type, schedule, category, enabled } = change.definition;
  return change.kind === 'add'
    ? `  ${good(`+ ${name}`)}  ${facts([type, schedule.text, category, enabled ? '' : 'disabled'])}`
    : `  ${bad(`- ${name}`)}  its schedule is paused now and deleted in 7 days; its documents stay`;
}

function webhooksText(changes: readonly WebhookChange[], { paint }: PlanTextOptions): string {
  const looks = {
    add: (id: string) => paint.good(`+ ${id}`),
    change: (id: string) => paint.warn(`~ ${id}`),
    remove: (id: string) => `${paint.bad(`- ${id}`)}  is told nothing any more`,
  };
  const lines = changes.map(({ kind, webhook }) => `  ${looks[kind](webhook)}`);
  return [paint.strong('Webhooks'), ...lines].join('\n');
}

function facts(parts: readonly string[]): string {
  return parts.filter((one) => one !== '').join(', ');
}

function schedulesText(schedules: readonly PlannedSchedule[], options: PlanTextOptions): string {
  const lines = schedules.map((one) => scheduleText(one, options));
  return [options.paint.strong('Schedules'), ...lines].join('\n');
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

function scheduleLook({ action, note = '', differences }: PlannedSchedule): ScheduleLook {
  const looks = {
    create: { sign: '+', text: '' },
    update: { sign: '~', text: differences.length === 0 ? UPGRADED : '' },
    unpause: { sign: '~', text: 'runs again: its definition is enabled, or was mended' },
    delete: { sign: '-', text: 'deleted: nothing has wanted it for 7 days' },
    pause: note.startsWith('managed:removed')
      ? { sign: '-', text: 'paused: nothing wants it any more' }
      : { sign: '~', text: pauseText(note) },
  } as const satisfies Record<PlannedSchedule['action'], ScheduleLook>;
  return looks[action];
}

/** The hash is over more than the fields that people see. */
const UPGRADED = 'as this version of Wellspring makes it; nothing that people see differs';

function pauseText(note: string): string {
  if (note === 'managed:disabled') return 'paused: its definition says enabled: false';
  return isPauseNote(note) ? `paused: ${clean(note)}` : `stays paused: ${clean(note)}`;
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
