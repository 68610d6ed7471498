import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import { fail, pass, passUnless, skipped, type Check, type Outcome } from './check.ts';
import { errorText, failureNameOf } from './error-text.ts';
import { leftProcesses } from './left-processes.ts';
import { leavesOf } from './secret-names.ts';
import type { BadConfig, Subject } from './subject.ts';
import type { Trial } from './trial.ts';

/** What `check` says of good and of bad configs. */
export const verdictChecks: readonly Check[] = [
  {
    id: 'check.good',
    group: 'check',
    title: 'a good config gets verdicts, and all of them PASS',
    run: good,
  },
  faultCheck('credentials', 'wrong credentials are FAIL, and the field is named'),
  faultCheck('unreachable', 'a source that cannot be reached is INDETERMINATE'),
  faultCheck('nothing', 'a scope that matches nothing is FAIL'),
  {
    id: 'check.others',
    group: 'check',
    title: 'each other bad config gets its verdict, with a sentence',
    run: (trial) => badConfigs(trial, othersOf(trial.subject)),
  },
  {
    id: 'check.repeatable',
    group: 'check',
    title: 'two checks say the same and leave nothing behind',
    needs: ['check.good'],
    run: repeatable,
  },
];

async function good(trial: Trial): Promise<Outcome> {
  const results = await checkOnce(trial);
  if (results.length === 0)
    return fail('The check said nothing at all.', 'Give one verdict a capability.');
  return passUnless(
    results
      .filter((one) => one.verdict !== 'PASS')
      .map((one) => `"${one.capability}" is ${one.verdict}: ${one.detail}`),
    'Mend the config that the kit is given, or the check: a good config must pass it, else nobody can save a definition.',
    results.map((one) => one.capability).join(', '),
  );
}

async function checkOnce(trial: Trial, env = trial.env()): Promise<readonly CheckResult[]> {
  return trial.heard(await trial.open().check(env));
}

type Fault = NonNullable<BadConfig['fault']>;

function faultCheck(fault: Fault, title: string): Check {
  return {
    id: `check.${fault}`,
    group: 'check',
    title,
    run: (trial) =>
      badConfigs(
        trial,
        casesOf(trial.subject, fault),
        `There is no config for it. ${trial.subject.howToGive?.[fault] ?? ''}`.trim(),
      ),
  };
}

function casesOf({ badConfigs: all = [] }: Subject, fault: Fault): readonly BadConfig[] {
  return all.filter((one) => one.fault === fault);
}

function othersOf({ badConfigs: all = [] }: Subject): readonly BadConfig[] {
  return all.filter((one) => one.fault === undefined);
}

async function badConfigs(
  trial: Trial,
  cases: readonly BadConfig[],
  why = 'There are no other bad configs.',
): Promise<Outcome> {
  if (cases.length === 0) return skipped(why);
  const faults: string[] = [];
  for (const bad of cases) faults.push(...(await faultsOf(trial, bad)));
  return passUnless(
    faults,
    'FAIL and InvalidConfig block saving and name what a person has to change; INDETERMINATE says that only trying again can tell.',
    cases.map(({ why: one }) => one).join(', '),
  );
}

async function faultsOf(trial: Trial, bad: BadConfig): Promise<readonly string[]> {
  const { outcome, sentence } = await outcomeOf(trial, bad);
  if (outcome !== bad.outcome)
    return [`With ${bad.why}, the outcome was ${outcome} instead of ${bad.outcome}: ${sentence}`];
  const naming = bad.naming ?? (bad.fault === 'credentials' ? namesOf(trial.subject, bad) : /\S/u);
  return naming.test(sentence)
    ? []
    : [`With ${bad.why}, the sentence does not match ${naming}: ${sentence}`];
}

async function outcomeOf(
  trial: Trial,
  { config }: BadConfig,
): Promise<{ outcome: string; sentence: string }> {
  try {
    const results = trial.heard(await trial.open(config).check(trial.env()));
    const worst =
      results.find((one) => one.verdict === 'FAIL') ??
      results.find((one) => one.verdict === 'INDETERMINATE');
    const { verdict = 'PASS', detail = '', remedy = '' } = worst ?? {};
    return { outcome: verdict, sentence: `${detail} ${remedy}` };
  } catch (error) {
    trial.heard(error);
    return {
      outcome: failureNameOf(error) ?? 'an error without a name',
      sentence: errorText(error),
    };
  }
}

/** The fields in which a bad config differs from the good one, or the common words for what is wrong. */
function namesOf({ config }: Subject, bad: BadConfig): RegExp {
  const before = new Map(leavesOf(config).map(({ path, text }) => [path.join('.'), text]));
  const changed = leavesOf(bad.config)
    .filter(({ path, text }) => before.get(path.join('.')) !== text)
    .flatMap(({ path }) => path.slice(-1));
  const words = [
    ...changed.map((name) => name.replaceAll(/[^\w]/gu, '.')),
    'secret',
    'credential',
    'password',
    'token',
  ];
  return new RegExp(words.join('|'), 'iu');
}

async function repeatable(trial: Trial): Promise<Outcome> {
  const env = trial.env();
  const verdicts = (results: readonly CheckResult[]): string =>
    JSON.stringify(results.map(({ capability, verdict }) => [capability, verdict]));
  const first = verdicts(await checkOnce(trial, env));
  const second = verdicts(await checkOnce(trial));
  if (first !== second)
    return fail(
      `The first check said ${first}, the second ${second}.`,
      'A check changes nothing, so that it can be asked at any time.',
    );
  const left = await leftProcesses(env);
  return left.length === 0
    ? pass()
    : fail(
        `The check left ${left.length} running: ${left.join(', ')}.`,
        'End what a check starts before it answers.',
      );
}
