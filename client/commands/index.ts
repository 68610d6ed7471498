import { command, type Command } from './command.ts';
import { definitionVerbs } from './definition-verbs.ts';
import { documentVerbs } from './document-verbs.ts';
import { questionVerbs } from './question-verbs.ts';
import { repairVerbs } from './repair-verbs.ts';
import { runVerbs } from './run-verbs.ts';
import { sourceVerbs } from './source-verbs.ts';

/**
 * Every verb, in the order of the help. Adding one is a file beside this one and an entry in the table of its subject; the file loads when
 * its verb is typed, so that no other verb waits for its SDKs.
 */
export const commands: readonly Command[] = [
  ...definitionVerbs,
  ...runVerbs,
  ...documentVerbs,
  ...questionVerbs,
  ...repairVerbs,
  command({
    name: 'ask',
    summary: 'Ask the knowledge base: passages, and where they come from.',
    positionals: [{ name: 'question', required: true, many: true }],
    options: {
      limit: {
        type: 'whole',
        value: 'N',
        default: 5,
        min: 1,
        max: 100,
        summary: 'passages at most',
      },
      source: { type: 'text', value: 'ID', summary: 'only what came from this source' },
      'knowledge-base': {
        type: 'text',
        value: 'ID',
        summary: 'which one, where there are several',
      },
      full: { type: 'flag', summary: 'whole passages instead of the lines that fit best' },
    },
    examples: [
      'ask "which licences demand the source when the program is used over a network?"',
      'ask "what is a run?" --source handbook --limit 3',
    ],
    run: async (context) => (await import('./ask.ts')).ask(context),
  }),
  ...sourceVerbs,
  command({
    name: 'migrate',
    summary: 'Bring the database to the newest schema.',
    positionals: [],
    options: {},
    examples: ['migrate --real'],
    run: async (context) => (await import('./migrate.ts')).migrate(context),
  }),
];
