import { readHeldSets, type HeldSetReport } from '../../adapters/postgres/held-reports.ts';
import { readIncidents, type Incident } from '../../adapters/postgres/incidents.ts';
import { shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import { isBaseline, wordsOf } from '../../workflows/approval/question-words.ts';
import { waitsForPeople } from '../find-incident.ts';
import { heldSetText } from '../held-set.ts';
import { relativeTime } from '../relative-time.ts';
import { ourCommand } from '../spoken-commands.ts';
import { table, type Cell } from '../table.ts';
import type { Palette, Terminal } from '../terminal.ts';
import { clean, indented, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** What waits for a person, whole, and what was decided lately, as a list. */
export async function approvals(context: Context<{ readonly limit: number }>): Promise<Answer> {
  const { terminal, options } = context;
  const db = await (await context.system()).database();
  const sets = await readHeldSets(db, options);
  const repairs = (await readIncidents(db, { ...options, state: 'open' })).filter(waitsForPeople);
  const now = new Date();
  const open = sets.filter(({ state }) => state === 'open');
  const ended = sets.filter(({ state }) => state !== 'open');
  const questions = [
    ...repairs.map((incident) => waitingFix(incident, terminal, now)),
    ...(open.length > 0 ? [waiting(open, terminal, now)] : []),
  ];
  const text = [
    ...(questions.length === 0 ? ['Nothing waits for a decision.'] : questions),
    ...(ended.length > 0 ? [decided(ended, terminal, now)] : []),
  ].join('\n\n');
  // Programs that were written for held sets go on reading them; a fix has an `incident` instead of a `digest`.
  return { data: [...repairs.map(asQuestion), ...sets], text };
}

function asQuestion({ id, source, tenant, stage, failure, because, openedAt }: Incident) {
  return {
    kind: 'repair',
    incident: id,
    tenant,
    source,
    state: 'open',
    stage,
    failure,
    because,
    openedAt,
  };
}

/** A fix that waits; all of it is one command away. */
function waitingFix(
  { id, source, stage, failure, because, firstFailureAt }: Incident,
  { width, paint }: Terminal,
  now: Date,
): string {
  const question = stage === 'awaiting-guidance' ? 'what helps?' : 'is the fix right?';
  const verbs =
    stage === 'awaiting-guidance'
      ? [`repair show ${id}`, `repair guide ${id} --text "…"`, `reject ${id}`]
      : [`repair show ${id}`, `approve ${id}`, `reject ${id}`];
  return [
    `${paint.strong(source)}  ${paint.warn(question)}  ${paint.faint(`${failure}, broken ${relativeTime(firstFailureAt, now)}`)}`,
    indented(clean(because), width, '  '),
    ...verbs.map((verb) => `  ${ourCommand(verb)}`),
  ].join('\n');
}

function waiting(sets: readonly HeldSetReport[], terminal: Terminal, now: Date): string {
  return sets
    .map((set) => {
      const id = shortDigest(set.digest);
      const answers = [`approve ${id}`, `reject ${id}`].map((verb) => `  ${ourCommand(verb)}`);
      return [heldSetText(set, terminal, now), ...answers].join('\n');
    })
    .join('\n\n');
}

function decided(sets: readonly HeldSetReport[], terminal: Terminal, now: Date): string {
  const { paint, width } = terminal;
  const columns = [
    { title: 'SET' },
    { title: 'SOURCE' },
    { title: 'DECIDED' },
    { title: 'WHEN' },
    { title: 'WHAT CAME OF IT', shrinkTo: 20 },
  ];
  const rows = sets.map((set): readonly Cell[] => [
    shortDigest(set.digest),
    set.source,
    { text: `${set.state}${set.decidedBy ? ` by ${set.decidedBy}` : ''}`, paint: look(set, paint) },
    set.decidedAt ? relativeTime(set.decidedAt, now) : '',
    outcome(set),
  ]);
  const problems = sets.flatMap(({ digest, problem }) =>
    problem === null ? [] : [paint.bad(`${shortDigest(digest)}  ${clean(problem)}`)],
  );
  return [table(columns, rows, { width, head: paint.faint }), ...problems].join('\n');
}

function look({ state, problem }: HeldSetReport, { good, warn, bad, faint }: Palette) {
  if (problem !== null) return bad;
  if (state === 'approved' || state === 'rejected') return good;
  return state === 'expired' ? warn : faint;
}

function outcome(set: HeldSetReport): string {
  const { kind, state, candidates, deleted, dropped, executedAt, verifiedAt, problem } = set;
  if (state === 'superseded') return 'the source shows another picture';
  if (isBaseline(kind)) return baselineOutcome(set);
  if (state !== 'approved') return `${plural(candidates, 'document')} kept`;
  if (executedAt === null) return 'to be deleted when no run is under way';
  const left = (dropped ?? 0) > 0 ? `, ${dropped} left out` : '';
  const forgotten =
    verifiedAt === null ? '' : problem === null ? ', forgotten' : ', IngestionFailed';
  return `${deleted ?? 0} deleted${left}${forgotten}`;
}

/** The question stands for what it was about. The answer comes first: a narrow table cuts the end. */
function baselineOutcome(set: HeldSetReport): string {
  const { question } = wordsOf(set.kind, set);
  return `${set.state === 'approved' ? 'yes' : 'no'}: ${question}`;
}
