import { decideCommand, refusalLines } from '../approval/question-details.ts';
import { inMarkdown, oneLine, spanText, timeText, SHELL_USER } from '../approval/words.ts';
import { repairWorkflowId } from './ids.ts';
import type { RepairSourceInput } from './repair-input.ts';
import type { IncidentStatus, QuestionStatus, RepairStatus } from './repair-status.ts';

/**
 * Markdown for the Temporal Web UI: what broke since when, the old and new values, both numbers with their reasons, what is asked of whom
 * until when, and the exact commands. Every text from outside stands on its line, and nothing in it is acted on.
 */
export function repairDetails(status: RepairStatus, input: RepairSourceInput): string {
  const { incident, queued } = status;
  if (!incident) return `### ${inMarkdown(input.source)}: nothing to repair`;
  const title = incident.opened?.title ?? input.source;
  return [
    `### ${inMarkdown(title)}: ${incident.failure}`,
    '',
    `**${standing(status, incident)}**`,
    ...broke(incident),
    ...fixLines(incident),
    ...numbers(incident),
    ...runLines(incident),
    ...(status.question ? asked(status, incident, status.question, input) : []),
    ...orders(status, incident, input),
    ...refusalLines(status),
    ...(queued.length > 0
      ? ['', `${queued.length} more incidents wait: ${queued.map(inMarkdown).join(', ')}.`]
      : []),
  ].join('\n');
}

function standing({ stage, parked }: RepairStatus, incident: IncidentStatus): string {
  const { outcome, because = '', attempt, attemptsAllowed, stuck, opened } = incident;
  if (outcome !== undefined) return `Closed as ${outcome}. ${inMarkdown(because)}`;
  if (stage === 'parked' && parked)
    return `Parked by ${inMarkdown(parked.by)}. ${inMarkdown(parked.reason)}`;
  const waiting = opened?.wait && (stage === 'parked' || stage === 'triaging');
  if (waiting) return `It waits (${stage}): ${inMarkdown(opened.wait?.because ?? '')}`;
  const attempts = attempt > 0 ? ` Attempt ${attempt} of ${attemptsAllowed}.` : '';
  return `Now ${stage}.${attempts}${stuck === undefined ? '' : ` ${inMarkdown(stuck)}`}`;
}

function broke({ incident, opened, facts, reproduction }: IncidentStatus): readonly string[] {
  if (!opened) return ['', `Incident \`${inMarkdown(incident)}\`.`];
  const { because, firstFailureAtMs, occurrences } = opened;
  const times = occurrences === 1 ? 'once' : `${occurrences} times`;
  return [
    '',
    `Since ${timeText(firstFailureAtMs)}, ${times}: ${inMarkdown(because)} Incident \`${inMarkdown(incident)}\`.`,
    ...(reproduction ? ['', `Reproduction: ${inMarkdown(reproduction.because)}`] : []),
    ...points('What is known:', facts),
  ];
}

function fixLines({ fix }: IncidentStatus): readonly string[] {
  if (!fix) return [];
  const { patchDigest, strategies, explains, changes, values, checks } = fix;
  return [
    '',
    `Candidate \`${patchDigest.slice(0, 8)}\`, found by ${inMarkdown(strategies.join(', '))}.`,
    // Selectors are full of what Markdown acts on: as a block they stay as they are.
    ...block('What moved:', [explains]),
    ...block('The change:', changes),
    ...block('Old and new values:', values.map(valueLine)),
    ...checkLines(checks),
  ];
}

function numbers({ verdict, proof }: IncidentStatus): readonly string[] {
  return [
    ...(proof ? ['', `Shadow run: ${proof.verdict}. ${inMarkdown(proof.because)}`] : []),
    ...(verdict
      ? [
          ...points(`The gate says "${verdict.decision}":`, verdict.reasons),
          ...(verdict.vetoes.length > 0
            ? ['', `Vetoes: ${inMarkdown(verdict.vetoes.join(', '))}.`]
            : []),
        ]
      : []),
  ];
}

function runLines({ deployed, runs }: IncidentStatus): readonly string[] {
  if (!deployed) return [];
  const who = deployed.byPerson === undefined ? 'the gate' : inMarkdown(deployed.byPerson);
  const when = timeText(deployed.atMs);
  return ['', `Deployed on ${when}, decided by ${who}.`, ...points('Runs on the fix:', runs)];
}

function asked(
  { stage }: RepairStatus,
  { incident }: IncidentStatus,
  { request, openedAtMs, approvals, closed }: QuestionStatus,
  { tenant, source }: RepairSourceInput,
): readonly string[] {
  if (closed) {
    const by = closed.by === undefined ? '' : ` by ${inMarkdown(closed.by)}`;
    return [
      '',
      `The question was answered with "${closed.outcome}"${by} on ${timeText(closed.atMs)}.`,
    ];
  }
  const id = repairWorkflowId(tenant, source);
  const who = request.approvers === 'everyone' ? 'anyone' : request.approvers.join(', ');
  const progress = request.quorum > 1 ? ` ${approvals} of ${request.quorum} have approved.` : '';
  const window = spanText(request.expiresAtMs - openedAtMs);
  const isGuidance = stage === 'awaiting-guidance';
  return [
    '',
    `Asked of ${inMarkdown(who)} until ${timeText(request.expiresAtMs)}, ${window} after the question.${progress}`,
    ...(isGuidance
      ? commands([
          `npm run cli -- reject ${incident}`,
          guidanceCommand(id, incident, request.id),
          decideCommand(id, request, 'reject'),
        ])
      : commands([
          `npm run cli -- approve ${incident}`,
          `npm run cli -- reject ${incident}`,
          ...request.offers.map((verdict) => decideCommand(id, request, verdict)),
        ])),
  ];
}

function guidanceCommand(workflowId: string, incident: string, requestId: string): string {
  const user = SHELL_USER;
  const fields = [
    `"incident":"${incident}"`,
    `"decisionId":"cli:${requestId.slice(0, 8)}:guidance:${user}"`,
    `"by":"${user}"`,
    `"reason":""`,
    `"text":"field: selector"`,
  ];
  return `npm run temporal -- workflow update execute --workflow-id ${workflowId} --name provideGuidance --input '{${fields.join(',')}}'`;
}

/** What a person may order whatever is asked: to take back what is in force, or to stop before it is. */
function orders(
  { stage, parked }: RepairStatus,
  { incident, deployed, outcome }: IncidentStatus,
  { tenant, source }: RepairSourceInput,
): readonly string[] {
  if (outcome !== undefined) return [];
  const id = repairWorkflowId(tenant, source);
  const signal = (name: string, fields: string): string =>
    `npm run temporal -- workflow signal --workflow-id ${id} --name ${name} --input '{${fields},"by":"${SHELL_USER}","reason":""}'`;
  if (deployed && stage === 'probation')
    return [
      '',
      'To take the fix back:',
      ...commands([
        `npm run cli -- repair rollback ${incident}`,
        signal('rollback', `"incident":"${incident}"`),
      ]),
    ];
  if (stage !== 'parked' || !parked) return [];
  return ['', 'To let it go on:', ...commands([signal('kill', '"on":false')])];
}

/** Lines in a block do not wrap: people compare the beginnings. */
const MAX_VALUE = 60;

function valueLine({ field, before, after }: NonNullable<IncidentStatus['fix']>['values'][number]) {
  const now = shortened(after);
  return before === after
    ? `${field}: ${now}, as before the break`
    : `${field}: ${shortened(before)} → ${now}`;
}

function shortened(text: string): string {
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE - 1).toWellFormed()}…`;
}

/** What passed is counted; what did not stands there. */
function checkLines(checks: readonly string[]): readonly string[] {
  if (checks.length === 0) return [];
  const others = checks.filter((check) => !/^\w+: pass\b/.test(check));
  const count = `Checks: ${checks.length - others.length} of ${checks.length} passed`;
  return others.length === 0 ? ['', `${count}.`] : points(`${count}; not passed:`, others);
}

/** Sentences, each a point of a list: unlike a block they wrap. */
function points(head: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return ['', head, '', ...lines.map((line) => `- ${inMarkdown(line)}`)];
}

/** Indented blocks take everything as it is, as long as each line stays one. */
function block(head: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return ['', head, ...commands(lines.flatMap((line) => wrapped(oneLine(line))))];
}

/** Blocks do not wrap by themselves: what is longer than the pane is wide would be cut off. */
function wrapped(line: string): readonly string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > MAX_COLUMNS) {
    const space = rest.lastIndexOf(' ', MAX_COLUMNS);
    const end = space > MAX_COLUMNS / 2 ? space : MAX_COLUMNS;
    lines.push(rest.slice(0, end));
    rest = `  ${rest.slice(end).trimStart()}`;
  }
  return [...lines, rest];
}

const MAX_COLUMNS = 100;

function commands(lines: readonly string[]): readonly string[] {
  return ['', ...lines.map((line) => `    ${line}`)];
}
