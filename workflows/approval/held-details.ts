import type { DecideHeldInput } from './held-input.ts';
import type { HeldQuestion } from './held-question.ts';
import { heldWorkflowId, shortDigest } from './held-workflow-id.ts';
import { wordsOf, type QuestionWords } from './question-words.ts';
import type { VerdictKind } from './request.ts';
import type { HeldOutcome, HeldStage } from './status.ts';
import { oneLine, spanText, timeText } from './words.ts';

/** Markdown for the Temporal Web UI: what is asked of whom until when, on what grounds, and the exact commands that answer it. */
export function heldDetails(
  input: DecideHeldInput,
  question: HeldQuestion,
  stage: HeldStage,
  outcome?: HeldOutcome,
): string {
  const { title, held, run } = input;
  const { reason } = held;
  const words = wordsOf(input.kind ?? 'deletions', held);
  return [
    `### ${line(title)}: ${words.question}`,
    '',
    `**${outcome ? line(outcome.because) : standing(question, stage, words)}**`,
    '',
    `${line(reason)} Run \`${run}\` held them, set \`${shortDigest(input.digest)}\`. ${words.meanwhile}`,
    '',
    'Some of them:',
    '',
    ...sampleLines(held),
    ...(stage === 'awaiting-approval' ? commands(input, question) : []),
    ...refusals(question),
  ].join('\n');
}

function standing(
  { approval, told }: HeldQuestion,
  stage: HeldStage,
  { unanswered }: QuestionWords,
): string {
  const { request, closed, votes } = approval;
  if (stage !== 'awaiting-approval')
    return `Answered with "${closed?.outcome ?? 'approve'}"${closed?.by ? ` by ${line(closed.by)}` : ''}; now ${stage}.`;
  const asked = request.approvers === 'everyone' ? 'anyone' : request.approvers.join(', ');
  const approvals = votes.filter(({ verdict }) => verdict === 'approve').length;
  const progress = request.quorum > 1 ? ` ${approvals} of ${request.quorum} have approved.` : '';
  const reminders = told.reminders > 0 ? ` Reminded ${told.reminders} times.` : '';
  return `Asked of ${line(asked)} until ${timeText(request.expiresAtMs)}; without an answer ${unanswered}.${progress}${reminders}`;
}

/** Titles come from outside: an indented block takes them as they are, as long as each stays on its line. */
function sampleLines({ sample, candidates }: DecideHeldInput['held']): readonly string[] {
  const more = candidates - sample.length;
  return [
    ...sample.map((title) => `    ${oneLine(title)}`),
    ...(more > 0 ? [`    … and ${more} more`] : []),
  ];
}

/** Indented after a list of indented lines they would join it: a sentence stands between. */
function commands(input: DecideHeldInput, question: HeldQuestion): readonly string[] {
  const id = shortDigest(input.digest);
  const windowMs = question.approval.request.expiresAtMs - question.openedAtMs;
  return [
    '',
    `Answer within ${spanText(windowMs)} of the question:`,
    '',
    `    npm run cli -- approve ${id}`,
    `    npm run cli -- reject ${id}`,
    '',
    "or with Temporal's own command:",
    '',
    `    ${updateCommand(input, question, 'approve')}`,
    `    ${updateCommand(input, question, 'reject')}`,
  ];
}

/** The shell puts in who types it, so that two people are two; the same one twice stays one. */
function updateCommand(
  input: DecideHeldInput,
  { approval }: HeldQuestion,
  verdict: VerdictKind,
): string {
  const { id, digest } = approval.request;
  const user = `'"$USER"'`;
  const fields = [
    `"requestId":"${id}"`,
    `"digest":"${digest}"`,
    `"verdict":"${verdict}"`,
    `"decisionId":"cli:${id.slice(0, 8)}:${verdict}:${user}"`,
    `"by":{"provider":"cli","user":"${user}"}`,
  ];
  return `npm run temporal -- workflow update execute --workflow-id ${heldWorkflowId(input)} --name decide --input '{${fields.join(',')}}'`;
}

function refusals({ refused, refusedTotal }: HeldQuestion): readonly string[] {
  const last = refused.at(-1);
  if (!last) return [];
  return [
    '',
    `${refusedTotal} ${refusedTotal === 1 ? 'decision was' : 'decisions were'} refused, the last one as ${last.failure}${last.by ? ` from ${line(last.by)}` : ''}: ${line(last.because)}`,
  ];
}

/** One line without anything that Markdown would act on. */
function line(text: string): string {
  return oneLine(text).replaceAll(/[<>[\]{}`*_!|#\\]/g, (mark) => LOOK_ALIKES.get(mark) ?? '');
}

const LOOK_ALIKES: ReadonlyMap<string, string> = new Map([
  ['<', '‹'],
  ['>', '›'],
  ['[', '('],
  [']', ')'],
  ['{', '('],
  ['}', ')'],
  ['`', "'"],
  ['|', '¦'],
  ['_', ' '],
]);
