import { command, type Command } from './command.ts';
import { ANY_SOURCE, DECISION, LIMIT, SOURCE } from './common-options.ts';

/** The verbs about what is stored and what could not be, in the order of the help. */
export const documentVerbs: readonly Command[] = [
  command({
    name: 'sources',
    summary: 'List the sources: freshness, runs, totals, errors.',
    details:
      'A source is late when its last good run is older than its period plus a grace: a tenth of the period, at least 10 minutes, or "freshness: { grace }" of its definition. Held runs and incomplete listings do not count. Who is disabled, or paused by a person, is never late.',
    positionals: [],
    options: { stale: { type: 'flag', summary: 'only those that are late' } },
    examples: ['sources', 'sources --stale', 'sources --json'],
    run: async (context) => (await import('./sources.ts')).sources(context),
  }),
  command({
    name: 'documents',
    summary: 'List what is stored of a source.',
    positionals: [SOURCE],
    options: { limit: LIMIT },
    examples: ['documents licences', 'documents licences --limit 1000 --json'],
    run: async (context) => (await import('./documents.ts')).documents(context),
  }),
  command({
    name: 'explain',
    summary: 'Say why a document is collected, or why it is not.',
    details:
      'By its id, its address, or its key in the bucket. A worker looks at the rule that takes or refuses it, the last fetch, robots.txt, the manifest, S3 and the knowledge base; it changes nothing. Exit code: 0 when something is known of it, 3 when nothing is; then the nearest ids are shown.',
    positionals: [SOURCE, { name: 'id', required: true }],
    options: {},
    examples: [
      'explain documentation https://example.com/docs/install',
      'explain licences GPL-3.0-only --json',
    ],
    run: async (context) => (await import('./explain.ts')).explain(context),
  }),
  command({
    name: 'doctor',
    summary: 'Compare everything that should agree; say what does not.',
    details:
      'Definitions, schedules, runs, questions, the manifest, S3 and the knowledge bases: each finding is a sentence with the place and what mends it. With --config the file is compared with what is in force, too. A worker does it and changes nothing. Exit code: 0 when everything agrees, 3 when something does not.',
    positionals: [ANY_SOURCE],
    options: {
      limit: {
        type: 'whole',
        value: 'N',
        default: 5,
        min: 1,
        max: 50,
        summary: 'findings of a kind at most; the rest is counted',
      },
    },
    examples: ['doctor', 'doctor licences', 'doctor --config wellspring.yaml --json'],
    run: async (context) => (await import('./doctor.ts')).doctor(context),
  }),
  command({
    name: 'reindex',
    summary: 'Let the knowledge base read documents again.',
    details:
      'As they lie in S3, past the jobs, which pass over objects that did not change; what was deleted is taken out. With --reread the source itself is read again from its beginning, and the documents are written anew: for objects that are missing or were altered. Exit code: 0 all were taken, 3 some, 1 none.',
    positionals: [SOURCE, { name: 'id', required: false, many: true }],
    options: {
      failed: { type: 'flag', summary: 'those that the knowledge base could not index' },
      all: { type: 'flag', summary: 'all of the source' },
      reread: { type: 'flag', summary: 'read the source again and write them anew' },
      'no-wait': { type: 'flag', summary: 'with --reread: only start the run' },
    },
    examples: [
      'reindex licences --failed',
      'reindex licences GPL-3.0-only MIT',
      'reindex licences GPL-3.0-only --reread',
      'reindex licences --all --reread --no-wait',
    ],
    run: async (context) => (await import('./reindex.ts')).reindex(context),
  }),
  command({
    name: 'forget',
    summary: 'Delete what a source that left the definitions has left behind.',
    details:
      'Its documents stay until somebody says so: this shows how many they are and asks, as for every large deletion. Without an answer, and in a script without --yes, the question stays open for "approve" and "reject". Exit code: 0 deleted, 4 nobody has decided yet.',
    positionals: [SOURCE],
    options: DECISION,
    examples: ['forget licences', 'forget licences --yes --reason "the site was closed"'],
    run: async (context) => (await import('./forget.ts')).forget(context),
  }),
  command({
    name: 'dead-letters',
    summary: 'List documents that could not be collected, and why.',
    positionals: [ANY_SOURCE],
    options: { limit: LIMIT },
    examples: ['dead-letters', 'dead-letters licences'],
    run: async (context) => (await import('./dead-letters.ts')).deadLetters(context),
  }),
  command({
    name: 'dead-letters retry',
    summary: 'Try documents again that could not be collected.',
    details:
      'By id, by failure, or all of a source. They are due at once, their attempts count from the beginning, and a run starts: where single documents can be asked for (database, http, mcp) it reads them alone, else everything. When a run is under way already, that one or the next one takes them.',
    positionals: [SOURCE, { name: 'id', required: false, many: true }],
    options: {
      failure: { type: 'text', value: 'NAME', summary: 'only those that failed by this name' },
      all: { type: 'flag', summary: 'all of the source' },
      'no-wait': { type: 'flag', summary: 'only start the run' },
    },
    examples: [
      'dead-letters retry licences --all',
      'dead-letters retry licences --failure SourceUnavailable',
      'dead-letters retry licences GPL-3.0-only MIT',
    ],
    run: async (context) => (await import('./dead-letters-retry.ts')).retryDeadLetters(context),
  }),
];
