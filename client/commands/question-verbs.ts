import { command, type Command } from './command.ts';
import { ANY_SOURCE, DECISION, LIMIT } from './common-options.ts';

/** The verbs about what needs a person, in the order of the help. */
export const questionVerbs: readonly Command[] = [
  command({
    name: 'notices',
    summary: 'List what needs a person: held, paused, late, waiting.',
    details:
      'Open notices with the command that answers each, whom they were told, and messages that could not be delivered, with the reason. A notice ends by itself when its cause is gone.',
    positionals: [ANY_SOURCE],
    options: { limit: LIMIT },
    examples: ['notices', 'notices licences', 'notices --json'],
    run: async (context) => (await import('./notices.ts')).notices(context),
  }),
  command({
    name: 'notices test',
    summary: 'Send a test message to a webhook.',
    details:
      'A worker sends it, with its secrets and its network, signed like every other one. Exit code 1 with the reason when it is not taken.',
    positionals: [{ name: 'webhook', required: true }],
    options: {},
    examples: ['notices test operators'],
    run: async (context) => (await import('./notices-test.ts')).noticesTest(context),
  }),
  command({
    name: 'approvals',
    summary: 'List what waits for a person, and what was decided lately.',
    details: 'Held sets and fixes of broken sources, each with the commands that answer it.',
    positionals: [],
    options: { limit: LIMIT },
    examples: ['approvals', 'approvals --json'],
    run: async (context) => (await import('./approvals.ts')).approvals(context),
  }),
  command({
    name: 'approve',
    summary: 'Accept what was held, or put a fix in force.',
    details:
      'By the id that "approvals" shows, or by source. Deletions leave out what the source has shown again since, and happen as soon as no run of the source is under way. A fix is shown with its change and values first, and a run with it starts at once. It asks at a terminal only: for what was held a script means what it says; for a fix it needs --yes, and ends with code 4 without it.',
    positionals: [{ name: 'id', required: true }],
    options: DECISION,
    examples: [
      'approve 4f2c9e1a --reason "the old manual was withdrawn"',
      'approve licences --yes',
      'approve shop-1a2b3c4d --reason "prices and names are right"',
    ],
    run: async (context) => (await import('./approve.ts')).approve(context),
  }),
  command({
    name: 'reject',
    summary: 'Keep what was held as it is, or refuse a fix.',
    details:
      'By the id that "approvals" shows, or by source. The same held set is not asked about again; when it changes, it is. A fix that is refused ends the repair; the same break is quiet for a week, unless the source was good in between. Where no fix was found, this ends the waiting.',
    positionals: [{ name: 'id', required: true }],
    options: {
      ...DECISION,
      class: {
        type: 'text',
        value: 'NAME',
        summary: 'of a fix: wrong-data, style, unsafe, not-a-bug or site-gone',
      },
    },
    examples: [
      'reject 4f2c9e1a --reason "the site is moving"',
      'reject shop-1a2b3c4d --class wrong-data --reason "that is the price of another product"',
    ],
    run: async (context) => (await import('./reject.ts')).reject(context),
  }),
];
