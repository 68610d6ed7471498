import { command, type Command } from './command.ts';
import { ANY_SOURCE, DECISION, LIMIT, SOURCE } from './common-options.ts';
import { repairVerbs } from './repair-verbs.ts';

/**
 * Every verb, in the order of the help. Adding one is a file beside this one and an entry here; the file loads when its verb is
 * typed, so that no other verb waits for its SDKs.
 */
export const commands: readonly Command[] = [
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
  command({
    name: 'migrate',
    summary: 'Bring the database to the newest schema.',
    positionals: [],
    options: {},
    examples: ['migrate --real'],
    run: async (context) => (await import('./migrate.ts')).migrate(context),
  }),
];
