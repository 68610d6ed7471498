import { command, type Command } from './command.ts';

/** The verbs about definitions and what is in force, in the order of the help. */
export const definitionVerbs: readonly Command[] = [
  command({
    name: 'init',
    summary: 'Write a commented wellspring.yaml to begin with.',
    positionals: [{ name: 'file', required: false }],
    options: { force: { type: 'flag', summary: 'replace the file if it exists' } },
    examples: ['init', 'init sources.yaml'],
    run: async (context) => (await import('./init.ts')).init(context),
  }),
  command({
    name: 'validate',
    summary: 'Check the definitions; contacts nothing.',
    positionals: [],
    options: {},
    examples: ['validate', 'validate --config wellspring.yaml', 'validate --json'],
    run: async (context) => (await import('./validate.ts')).validate(context),
  }),
  command({
    name: 'plan',
    summary: 'Show what applying the definitions would change.',
    details:
      '+ comes, ~ changes, - goes: first the sources, then the schedules of Temporal, field by field, also where somebody changed one by hand. Writes nothing.',
    positionals: [],
    options: { force: { type: 'flag', summary: 'plan as apply --force would do' } },
    examples: ['plan', 'plan --config wellspring.yaml'],
    run: async (context) => (await import('./plan.ts')).plan(context),
  }),
  command({
    name: 'apply',
    summary: 'Put the definitions in force.',
    details:
      'Stores them as a revision, then makes the schedules of Temporal follow it. A pause by a person stays. A removed source is paused, and its schedule deleted 7 days later; its documents stay. Safe to repeat.',
    positionals: [],
    options: {
      force: {
        type: 'flag',
        summary: 'even if more than a fifth (and more than five) of all schedules go',
      },
    },
    examples: ['apply', 'apply --config wellspring.yaml'],
    run: async (context) => (await import('./apply.ts')).apply(context),
  }),
];
