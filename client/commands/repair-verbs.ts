import { command, type Command } from './command.ts';
import { ANY_SOURCE, DECISION, LIMIT } from './common-options.ts';

/** The verbs about sources that broke, in the order of the help. */
export const repairVerbs: readonly Command[] = [
  command({
    name: 'repairs',
    summary: 'List what broke and is repaired, and what ended lately.',
    details:
      'Open incidents first: stage, failure, since when. When many sources break by one cause, their repairs wait; --release lets them go on.',
    positionals: [ANY_SOURCE],
    options: {
      limit: LIMIT,
      release: {
        type: 'text',
        value: 'STORM',
        summary: 'let the repairs of a systemic incident go on',
      },
      metrics: { type: 'flag', summary: 'what the repairs of the last 30 days were worth' },
    },
    examples: ['repairs', 'repairs shop --json', 'repairs --metrics', 'repairs --release storm-1'],
    run: async (context) => (await import('./repairs.ts')).repairs(context),
  }),
  command({
    name: 'repairs rearm',
    summary: 'Let fixes be deployed without a person again.',
    details:
      'Two rollbacks within a week, or a spent error budget, turn that off everywhere until a person says why it may go on.',
    positionals: [],
    options: { reason: { type: 'text', value: 'TEXT', summary: 'why; it is kept' } },
    examples: ['repairs rearm --reason "both rollbacks were one site that moved"'],
    run: async (context) => (await import('./repairs-rearm.ts')).repairsRearm(context),
  }),
  command({
    name: 'repair show',
    summary: 'Show everything about one repair.',
    details:
      'By its incident, the beginning of its id, or the source: what broke since when, the change, old and new values, checks, both numbers with their reasons, what is asked of whom until when, and the commands that answer.',
    positionals: [{ name: 'id', required: true }],
    options: {},
    examples: ['repair show shop', 'repair show shop-1a2b3c4d --json'],
    run: async (context) => (await import('./repair-show.ts')).repairShow(context),
  }),
  command({
    name: 'repair request-changes',
    summary: 'Send a fix back with what is wrong about it.',
    details: 'The next attempt works with the reason; twice at most for one incident.',
    positionals: [{ name: 'id', required: true }],
    options: DECISION,
    examples: ['repair request-changes shop --reason "the title is h2.item__name"'],
    run: async (context) =>
      (await import('./repair-request-changes.ts')).repairRequestChanges(context),
  }),
  command({
    name: 'repair guide',
    summary: 'Say what you know where no fix was found.',
    details:
      'Lines "field: selector", at most 4 KB. It is a candidate like any other: the same checks, the same gate.',
    positionals: [{ name: 'id', required: true }],
    options: { text: { type: 'text', value: 'TEXT', summary: 'what you know' } },
    examples: ['repair guide shop --text "title: h2.item__name"'],
    run: async (context) => (await import('./repair-guide.ts')).repairGuide(context),
  }),
  command({
    name: 'repair extend',
    summary: 'Give people more time to answer about a repair.',
    details: 'At most until 168 hours after the question was asked.',
    positionals: [{ name: 'id', required: true }],
    options: {
      hours: {
        type: 'whole',
        value: 'N',
        default: 24,
        min: 1,
        max: 168,
        summary: 'how many hours more',
      },
    },
    examples: ['repair extend shop --hours 48'],
    run: async (context) => (await import('./repair-extend.ts')).repairExtend(context),
  }),
  command({
    name: 'repair rollback',
    summary: 'Take a deployed fix out of force.',
    details:
      'Also long after its repair has ended. What was in force before comes back, and a run starts. The kill switch does not stop it. Asked again it only answers.',
    positionals: [{ name: 'id', required: true }],
    options: DECISION,
    examples: ['repair rollback shop-1a2b3c4d --reason "prices are in another currency"'],
    run: async (context) => (await import('./repair-rollback.ts')).repairRollback(context),
  }),
  command({
    name: 'repair export',
    summary: 'Write a deployed fix into the files of definitions.',
    details:
      'By its incident, the beginning of its id, or the source. A deployed fix runs before the files contain it; this shows the lines that change, and with --write changes them: comments, order and everything else stay. Then commit the file and apply it. A fix that was rolled back after the files contained it is taken out in the same way.',
    positionals: [{ name: 'id', required: true }],
    options: { write: { type: 'flag', summary: 'write into the file' } },
    examples: ['repair export 4f2c9e1a', 'repair export documentation --write'],
    run: async (context) => (await import('./repair-export.ts')).repairExport(context),
  }),
  command({
    name: 'kill-switch',
    summary: 'Show or turn the switch that keeps fixes from being deployed.',
    details:
      'While it is on, nothing is deployed, whoever decided, and running repairs stand where they are; rollbacks go on.',
    positionals: [{ name: 'on|off', required: false }],
    options: {
      reason: { type: 'text', value: 'TEXT', summary: 'why, for others' },
      tenant: { type: 'text', value: 'ID', summary: 'of which tenant; default: default' },
    },
    examples: ['kill-switch', 'kill-switch on --reason "a wrong fix went in"', 'kill-switch off'],
    run: async (context) => (await import('./kill-switch.ts')).killSwitch(context),
  }),
];
