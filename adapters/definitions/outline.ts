import type {
  KnowledgeBaseDefinition,
  SourceDefinition,
} from '../../workflows/collection/definitions.ts';
import type { Problem } from './finding.ts';
import type { ReadKnowledgeBases } from './knowledge-bases.ts';
import { suggestion } from './nearest.ts';
import {
  DEFAULT_SCHEDULE,
  readSchedule,
  type ReadSchedule,
  type WrongSchedule,
} from './schedule-text.ts';
import { shown, valueAt } from './shown.ts';
import { SLUG, slugOf } from './slug.ts';

/** The texts that are judged further, even if other keys of the entry are wrong. `show` gives them as written. */
export interface Outline {
  readonly type?: string;
  readonly schedule: string;
  readonly timezone: string;
  readonly category?: string;
  readonly knowledgeBase?: string;
  readonly show: (key: string) => string;
}

/** Reads the outline; keys that are left out get their defaults. */
export function outlineOf(value: unknown, written: unknown): Outline {
  const text = (key: string, otherwise?: string): Record<string, string> => {
    const given = valueAt(value, [key]) ?? otherwise;
    return typeof given === 'string' ? { [key]: given } : {};
  };
  return {
    schedule: DEFAULT_SCHEDULE,
    timezone: 'UTC',
    ...text('schedule'),
    ...text('timezone'),
    ...text('type'),
    ...text('category', slugOf(text('type')['type'] ?? '')),
    ...text('knowledgeBase'),
    show: (key) => shown(valueAt(written, [key])),
  };
}

export interface Settled {
  readonly schedule: SourceDefinition['schedule'];
  readonly knowledgeBase: KnowledgeBaseDefinition;
  readonly category: string;
}

export interface SettleOptions {
  readonly bases: ReadKnowledgeBases;
  /** Filled here. Thousands of sources share a few schedules, and looking ahead takes a while. */
  readonly schedules: Map<string, ReadSchedule | WrongSchedule>;
}

export interface Settling {
  readonly settled?: Settled;
  readonly problems: readonly Problem[];
  readonly notices: readonly Problem[];
}

/** Schedule, category and knowledge base of a source: what a schema cannot judge. */
export function settle(outline: Outline, reading: SettleOptions): Settling {
  const read = cachedSchedule(outline, reading.schedules);
  const { category = '' } = outline;
  const base = chooseBase(outline, reading.bases);
  const wrong = 'remedy' in read ? [wrongSchedule(outline, read)] : [];
  const problems = [...wrong, ...wrongCategory(outline), ...base.problems];
  if ('remedy' in read || !base.chosen) return { problems, notices: [] };
  return {
    settled: { schedule: read.schedule, knowledgeBase: base.chosen, category },
    problems,
    notices: read.notices.map(({ what, remedy }) => ({ path: ['schedule'], what, remedy })),
  };
}

function cachedSchedule(
  { schedule, timezone }: Outline,
  schedules: SettleOptions['schedules'],
): ReadSchedule | WrongSchedule {
  const key = `${timezone}\n${schedule}`;
  const read = schedules.get(key) ?? readSchedule(schedule, timezone);
  schedules.set(key, read);
  return read;
}

function wrongSchedule({ show }: Outline, { key, remedy }: WrongSchedule): Problem {
  return { path: [key], what: `"${key}" is ${show(key)}`, remedy };
}

function wrongCategory({ category = '', show }: Outline): readonly Problem[] {
  const parts = category.split('/');
  if (parts.length <= 3 && parts.every((part) => SLUG.test(part))) return [];
  const example = parts
    .filter((part) => part !== '')
    .slice(0, 3)
    .map(slugOf)
    .join('/');
  return [
    {
      path: ['category'],
      what: `"category" is ${show('category')}`,
      remedy: `Use one to three slugs joined by "/", such as "${example || 'articles'}".`,
    },
  ];
}

function chooseBase(
  { knowledgeBase: wanted, show }: Outline,
  { definitions, declared }: ReadKnowledgeBases,
): { readonly chosen?: KnowledgeBaseDefinition; readonly problems: readonly Problem[] } {
  const id = wanted ?? (declared.length === 1 ? declared[0] : undefined);
  const chosen = definitions.find((one) => one.id === id);
  if (chosen) return { chosen, problems: [] };
  // What is declared with errors has its own; without any, there is one for all sources.
  if (declared.length === 0 || (id !== undefined && declared.includes(id))) return { problems: [] };
  const several = {
    path: ['knowledgeBase'],
    what: '"knowledgeBase" is missing, and there are several',
    remedy: `Name one of them: ${declared.join(', ')}.`,
  };
  if (wanted === undefined) return { problems: [several] };
  const remedy = suggestion(wanted, declared, 'Known knowledge bases');
  return {
    problems: [
      { path: ['knowledgeBase'], what: `Unknown knowledge base ${show('knowledgeBase')}`, remedy },
    ],
  };
}
