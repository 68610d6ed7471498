import { command, type Command } from './command.ts';
import { SOURCE } from './common-options.ts';

/** The verbs that try a source, pause it or let it go on, in the order of the help. */
export const sourceVerbs: readonly Command[] = [
  command({
    name: 'check',
    summary: 'Try what a run would need of a source.',
    details:
      'A worker does it, with its secrets and network. The definition is the one of the file, applied or not; else the one in force. Exit code: 0 all passed, 1 something failed, 3 something could not be told.',
    positionals: [SOURCE],
    options: {},
    examples: ['check licences', 'check documentation --config wellspring.yaml'],
    run: async (context) => (await import('./check.ts')).check(context),
  }),
  command({
    name: 'preview',
    summary: 'Show what would be collected; stores nothing.',
    details:
      'A worker does it, with its secrets and network. The definition is the one of the file, applied or not; else the one in force.',
    positionals: [SOURCE],
    options: {
      limit: {
        type: 'whole',
        value: 'N',
        default: 3,
        min: 1,
        max: 20,
        summary: 'documents at most',
      },
    },
    examples: ['preview licences', 'preview documentation --config wellspring.yaml --limit 5'],
    run: async (context) => (await import('./preview.ts')).preview(context),
  }),
  command({
    name: 'discover',
    summary: 'Show what a source offers: tables, resources, tools.',
    positionals: [SOURCE],
    options: {},
    examples: ['discover licences'],
    run: async (context) => (await import('./discover.ts')).discover(context),
  }),
  command({
    name: 'pause',
    summary: 'Pause the schedule of a source.',
    details: 'It stays paused, whatever is applied, until somebody resumes it. "run" still works.',
    positionals: [SOURCE],
    options: {
      note: { type: 'text', value: 'TEXT', summary: 'why, for others; default: who paused it' },
    },
    examples: ['pause licences --note "the site is moving"'],
    run: async (context) => (await import('./pause.ts')).pause(context),
  }),
  command({
    name: 'resume',
    summary: 'Let the schedule of a source run again.',
    details:
      'Whoever paused it: a person, or the system because of a failure that only a person can end, or because five runs in a row got nowhere. Applying a changed definition, or a run that works, lifts such a pause, too.',
    positionals: [SOURCE],
    options: {
      note: { type: 'text', value: 'TEXT', summary: 'why, for others; default: who resumed it' },
    },
    examples: ['resume licences'],
    run: async (context) => (await import('./resume.ts')).resume(context),
  }),
];
