import { decideCommand } from '../workflows/approval/question-details.ts';
import { spanText, timeText } from '../workflows/approval/words.ts';
import { FAILURES, type FailureName } from '../workflows/failures.ts';
import { repairWorkflowId } from '../workflows/repair/ids.ts';
import { guidanceExample } from './guidance-example.ts';
import { quietText } from './quiet-text.ts';
import { relativeTime } from './relative-time.ts';
import { isDeployed, type RepairView } from './repair-view.ts';
import { ourCommand, temporalCommand } from './spoken-commands.ts';
import type { Target } from './target.ts';
import type { Palette, Terminal } from './terminal.ts';
import { clean, indented, plural, truncate } from './text.ts';

interface TextOptions extends Pick<Terminal, 'width' | 'paint'> {
  readonly now: Date;
}

/** What broke and what is proposed, as somebody has to see it before deciding. */
export function repairText(view: RepairView, options: TextOptions): string {
  return [
    ...headLines(view, options),
    ...brokeLines(view, options),
    ...fixLines(view, options),
    ...numberLines(view, options),
    ...deliveryLines(view, options),
  ].join('\n');
}

/** How it ended, in short: the values, the numbers, the runs on the fix. */
export function endText(view: RepairView, options: TextOptions): string {
  const { becauseClosed } = view.incident;
  return [
    ...headLines(view, options),
    ...(becauseClosed === null ? [] : [indented(clean(becauseClosed), options.width, '  ')]),
    ...valueLines(view.fix?.values ?? [], options),
    ...numberLines(view, options),
    ...deliveryLines(view, options),
  ].join('\n');
}

/** What is asked of whom until when, and the exact commands that answer. */
export function answerText(
  { incident, question, live }: RepairView,
  { target, paint, width }: Pick<Terminal, 'width' | 'paint'> & { readonly target: Target },
): string {
  if (!question || question.closed || incident.state === 'closed') return '';
  const { request, approvals, openedAtMs } = question;
  const id = repairWorkflowId(incident.tenant, incident.source);
  const who = request.approvers === 'everyone' ? 'anyone' : request.approvers.join(', ');
  const progress = request.quorum > 1 ? ` ${approvals} of ${request.quorum} have approved.` : '';
  const guidance = live.kind === 'known' && live.status.stage === 'awaiting-guidance';
  const what = guidance ? 'What helps?' : 'Is the fix right?';
  const until = `${timeText(request.expiresAtMs)}, ${spanText(request.expiresAtMs - openedAtMs)} after the question`;
  const verbs = guidance
    ? [guidanceExample(incident), `reject ${incident.id}`]
    : request.offers.map((offer) => VERBS[offer](incident.id));
  const temporal = request.offers.slice(0, 1).map((verdict) => {
    const whole = decideCommand(id, request, verdict).replace('npm run temporal -- ', '');
    return temporalCommand(target, whole);
  });
  return [
    indented(`${what} Asked of ${clean(who)} until ${until}.${progress}`, width, ''),
    ...verbs.map((verb) => `  ${ourCommand(verb)}`),
    // One line, however long: it is copied.
    ...temporal.map((same) => `  ${paint.faint(same)}`),
  ].join('\n');
}

const VERBS = {
  approve: (id: string) => `approve ${id}`,
  reject: (id: string) => `reject ${id} --reason "…"`,
  'request-changes': (id: string) => `repair request-changes ${id} --reason "…"`,
} as const;

/** What a person may do about it now, beside answering. */
export function nextCommands(view: RepairView): readonly string[] {
  const { incident, notInFiles } = view;
  const canRollBack = isDeployed(view) && notInFiles;
  return [
    ...(canRollBack ? [`repair rollback ${incident.id} --reason "…"`] : []),
    ...(notInFiles && incident.state === 'closed' ? [`repair export ${incident.id}`] : []),
    ...(incident.run === null ? [] : [`run show ${incident.run}`]),
  ];
}

function headLines(
  { incident, live, quietUntil }: RepairView,
  { paint, now, width }: TextOptions,
): readonly string[] {
  const { id, source, failure, state, stage, outcome, openedAt, closedAt } = incident;
  const standing =
    state === 'open'
      ? paint.warn(live.kind === 'known' ? live.status.stage : stage)
      : outcomePaint(outcome, paint)(`closed as ${outcome ?? 'nothing'}`);
  const when =
    closedAt === null
      ? `opened ${relativeTime(openedAt, now)}`
      : `closed ${relativeTime(closedAt, now)}`;
  const queued = live.kind === 'known' ? live.status.queued : [];
  const quiet = quietText(incident, quietUntil);
  return [
    `${paint.strong(id)}  ${source}: ${paint.bad(failure)}, ${standing}  ${paint.faint(when)}`,
    ...parkedLines(live, paint),
    ...(quiet === undefined ? [] : [paint.warn(indented(quiet, width, '  '))]),
    ...(queued.length > 0
      ? [paint.faint(`  ${queued.length} more wait: ${queued.join(', ')}`)]
      : []),
  ];
}

function parkedLines(live: RepairView['live'], paint: Palette): readonly string[] {
  if (live.kind !== 'known') return [];
  const { parked, stage, incident } = live.status;
  if (parked && stage === 'parked')
    return [paint.warn(`  Parked by ${clean(parked.by)}. ${clean(parked.reason)}`)];
  const wait = incident?.opened?.wait;
  const waits = wait && (stage === 'parked' || stage === 'triaging');
  return waits ? [paint.warn(`  It waits: ${clean(wait.because)}`)] : [];
}

/** How an end looks everywhere: healed, as it should be, or in need of somebody. */
export function outcomePaint(outcome: string | null, { good, warn, bad, faint }: Palette) {
  if (outcome === 'auto-deployed-ok' || outcome?.startsWith('pr-merged-un') === true) return good;
  if (outcome === 'pr-merged-edited' || outcome === 'recovered') return good;
  if (outcome === 'alerted' || outcome?.endsWith('rolled-back') === true) return bad;
  return outcome === 'pr-expired' || outcome === 'pr-rejected' ? warn : faint;
}

function brokeLines(
  { incident, facts, evidence, reproduction, guidance, stuck }: RepairView,
  { width, paint, now }: TextOptions,
): readonly string[] {
  const { because, becauseClosed, firstFailureAt, occurrences, regressionOf, storm, host } =
    incident;
  const times = occurrences === 1 ? 'once' : `${occurrences} times`;
  const more = facts.filter((fact) => fact !== because && !/^Seen (once|\d+ times), /.test(fact));
  const end = becauseClosed === null ? [] : [clean(becauseClosed)];
  return [
    ...end.map((text) => indented(text, width, '  ')),
    heading('What broke', paint),
    indented(clean(because), width, '  '),
    indented(
      `Since ${timeText(firstFailureAt.getTime())} (${relativeTime(firstFailureAt, now)}), ${times}${host === null ? '' : `, host ${clean(host)}`}.`,
      width,
      '  ',
    ),
    ...more.map((fact) => indented(clean(fact), width, '  ')),
    ...(reproduction === undefined ? [] : [indented(clean(reproduction), width, '  ')]),
    ...(regressionOf === null
      ? []
      : [paint.warn(indented(`It came back after the fix of ${regressionOf}.`, width, '  '))]),
    ...(storm === null
      ? []
      : [paint.warn(indented(`It belongs to systemic incident ${storm}.`, width, '  '))]),
    ...(guidance === undefined || incident.state === 'closed'
      ? []
      : [indented(clean(guidance), width, '  ')]),
    ...(stuck === undefined || incident.state === 'closed'
      ? []
      : [paint.warn(indented(clean(stuck), width, '  '))]),
    ...(evidence === undefined ? [] : [paint.faint(`  Evidence: ${clean(evidence)}`)]),
    ...(incident.outcome === 'alerted' ? [indented(whatNow(incident.failure), width, '  ')] : []),
  ];
}

/** What a repair would have cured, a person has to. */
function whatNow(failure: FailureName): string {
  const { repairable, remedy } = FAILURES[failure];
  return repairable ? `Mend the definition by hand, then run "${ourCommand('apply')}".` : remedy;
}

function fixLines(
  { fix, proof, proposed, failed }: RepairView,
  { width, paint }: TextOptions,
): readonly string[] {
  if (!fix)
    return proposed === 0
      ? []
      : [heading('Fixes', paint), `  ${plural(proposed, 'candidate')}, ${failed} failed a check.`];
  const { patchDigest, strategies, explains, changes, checks } = fix;
  const others = proposed > 1 ? ` (1 of ${proposed} candidates, ${failed} failed)` : '';
  const bad = checks.filter((check) => !/: pass\b/.test(check));
  const passed = checks.length - bad.length;
  return [
    heading('The fix', paint),
    indented(
      `${patchDigest.slice(0, 8)}, found by ${clean(strategies.join(', '))}${others}: ${clean(explains)}`,
      width,
      '  ',
    ),
    ...changes.map((line) => indented(clean(line), width, '      ', '    ')),
    ...valueLines(fix.values, { width, paint }),
    heading('Checks', paint),
    `  ${passed} of ${checks.length} passed${bad.length > 0 ? '; not passed:' : '.'}`,
    ...bad.map((check) => paint.warn(indented(clean(check), width, '      ', '    '))),
    ...(proof
      ? [indented(`Shadow run: ${proof.verdict}. ${clean(proof.because)}`, width, '  ')]
      : []),
  ];
}

/** A value that is what it was before the break is said once. */
function valueLines(
  values: NonNullable<RepairView['fix']>['values'],
  { width, paint }: Pick<TextOptions, 'width' | 'paint'>,
): readonly string[] {
  if (values.length === 0) return [];
  const lines = values.map(({ field, before, after }) =>
    before === after
      ? `${field}: ${paint.good(truncate(clean(after), MAX_VALUE))}, as before the break`
      : `${field}: ${paint.bad(truncate(clean(before), MAX_VALUE))} → ${paint.good(truncate(clean(after), MAX_VALUE))}`,
  );
  return [
    heading('Old and new values', paint),
    ...lines.map((line) => indented(line, width, '      ', '    ')),
  ];
}

/** Whole values are in the JSON; people compare the beginnings. */
const MAX_VALUE = 120;

function numberLines({ verdict }: RepairView, { width, paint }: TextOptions): readonly string[] {
  if (!verdict) return [];
  const { decision, probability, lowerBound, reasons, vetoes } = verdict;
  return [
    heading(`How sure: ${DECISIONS[decision]}`, paint),
    indented(
      `Probability that it is right: ${percent(probability)}. ${provenText(lowerBound)}`,
      width,
      '  ',
    ),
    ...reasons.map((reason) => indented(clean(reason), width, '    ', '  - ')),
    ...(vetoes.length > 0 ? [indented(`Vetoes: ${clean(vetoes.join(', '))}.`, width, '  ')] : []),
  ];
}

function provenText(lowerBound: number): string {
  if (lowerBound <= 0) return 'Earlier outcomes prove nothing yet.';
  return `Earlier outcomes prove at least ${percent(lowerBound)}.`;
}

const DECISIONS = {
  deploy: 'it may go in by itself',
  'pull-request': 'people are asked',
  alert: 'it may not go in',
} as const;

/** A probability as people read it; never 100 % for what is not certain. */
export function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}

function deliveryLines(
  { incident, deployed, rolledBack, runs }: RepairView,
  { width, paint }: TextOptions,
): readonly string[] {
  if (!deployed) return [];
  const { decidedBy, proven, atMs } = deployed;
  const who =
    decidedBy === 'gate' ? 'by the gate' : `by ${clean(decidedBy)}${proven ? '' : ' (not proven)'}`;
  return [
    heading('In force', paint),
    `  Deployed ${timeText(atMs)}, decided ${who}.`,
    ...runs.map((run) => indented(clean(run), width, '      ', '    ')),
    ...(rolledBack ? [paint.bad(indented(rolledBackText(rolledBack, incident), width, '  '))] : []),
  ];
}

/** Of a closed incident the reason stands at its head already. */
function rolledBackText(
  { by, because, atMs }: NonNullable<RepairView['rolledBack']>,
  { state }: Pick<RepairView['incident'], 'state'>,
): string {
  const why = state === 'closed' ? '.' : `: ${clean(because)}`;
  return `Rolled back ${timeText(atMs)} by ${clean(by)}${why}`;
}

function heading(text: string, paint: Palette): string {
  return paint.strong(text);
}
