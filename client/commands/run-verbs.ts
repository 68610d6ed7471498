import { command, type Command } from './command.ts';
import { ANY_SOURCE, LIMIT, SOURCE } from './common-options.ts';

/** The verbs about runs, in the order of the help. */
export const runVerbs: readonly Command[] = [
  command({
    name: 'run',
    summary: 'Collect a source now; waits and shows progress.',
    details:
      'Its schedule starts the run, so that two never overlap: when one is under way, this waits for that one. Ctrl-C stops the waiting, not the run. Exit code: 0 succeeded, 3 partial, 4 held, 1 failed.',
    positionals: [SOURCE],
    options: { 'no-wait': { type: 'flag', summary: 'only start it' } },
    examples: ['run licences', 'run licences --no-wait', 'run licences --json'],
    run: async (context) => (await import('./run.ts')).run(context),
  }),
  command({
    name: 'run show',
    summary: 'Show everything about one run.',
    details:
      'By its id, with or without "collect:"; the name of a source stands for its latest run.',
    positionals: [{ name: 'id', required: true }],
    options: {},
    examples: ['run show licences', 'run show collect:licences-2026-11-21T12:00:00Z'],
    run: async (context) => (await import('./run-show.ts')).runShow(context),
  }),
  command({
    name: 'runs',
    summary: 'List the newest runs.',
    positionals: [ANY_SOURCE],
    options: { limit: LIMIT },
    examples: ['runs', 'runs licences --limit 5'],
    run: async (context) => (await import('./runs.ts')).runs(context),
  }),
];
