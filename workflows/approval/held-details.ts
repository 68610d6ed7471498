import type { DecideHeldInput } from './held-input.ts';
import { heldWorkflowId, shortDigest } from './held-workflow-id.ts';
import { approvalsOf, type Question } from './question.ts';
import { decideCommand, refusalLines } from './question-details.ts';
import { wordsOf, type QuestionWords } from './question-words.ts';
import type { HeldOutcome, HeldStage } from './status.ts';
import { inMarkdown, oneLine, spanText, timeText } from './words.ts';

/** Markdown for the Temporal Web UI: what is asked of whom until when, on what grounds, and the exact commands that answer it. */
export function heldDetails(
  input: DecideHeldInput,
  question: Question,
  stage: HeldStage,
  outcome?: HeldOutcome,
): string {
  const { title, held, run } = input;
  const { reason } = held;
  const words = wordsOf(input.kind ?? 'deletions', held);
  return [
    `### ${inMarkdown(title)}: ${words.question}`,
    '',
    `**${outcome ? inMarkdown(outcome.because) : standing(question, stage, words)}**`,
    '',
    `${inMarkdown(reason)} Run \`${run}\` held them, set \`${shortDigest(input.digest)}\`. ${words.meanwhile}`,
    '',
    'Some of them:',
    '',
    ...sampleLines(held),
    ...(stage === 'awaiting-approval' ? commands(input, question) : []),
    ...refusalLines(question),
  ].join('\n');
}

function standing(question: Question, stage: HeldStage, { unanswered }: QuestionWords): string {
  const { approval, told } = question;
  const { request, closed } = approval;
  if (stage !== 'awaiting-approval')
    return `Answered with "${closed?.outcome ?? 'approve'}"${closed?.by ? ` by ${inMarkdown(closed.by)}` : ''}; now ${stage}.`;
  const asked = request.approvers === 'everyone' ? 'anyone' : request.approvers.join(', ');
  const approvals = approvalsOf(question);
  const progress = request.quorum > 1 ? ` ${approvals} of ${request.quorum} have approved.` : '';
  const reminders = told.reminders > 0 ? ` Reminded ${told.reminders} times.` : '';
  return `Asked of ${inMarkdown(asked)} until ${timeText(request.expiresAtMs)}; without an answer ${unanswered}.${progress}${reminders}`;
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
function commands(input: DecideHeldInput, question: Question): readonly string[] {
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
    `    ${decideCommand(heldWorkflowId(input), question.approval.request, 'approve')}`,
    `    ${decideCommand(heldWorkflowId(input), question.approval.request, 'reject')}`,
  ];
}
