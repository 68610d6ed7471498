import type { EvidenceView, Strategy, StrategyAnswer } from './contract.ts';
import { STRATEGIES } from './index.ts';
import { askStrategy, proposeInThread, type ProposalLimits } from './strategy-pool.ts';

/** A strategy with its answer, or with why it could not answer. */
export interface Asked {
  readonly strategy: Strategy;
  readonly answer: StrategyAnswer;
}

/** Asks all: those of the table in one thread, so that they share what each has parsed, and the others beside it. In the order given. */
export async function askStrategies(
  strategies: readonly Strategy[],
  view: EvidenceView,
  limits: ProposalLimits,
): Promise<readonly Asked[]> {
  const together = strategies.filter((one) => STRATEGIES.includes(one));
  const apart = strategies.filter((one) => !together.includes(one));
  const [shared, others] = await Promise.all([
    proposeInThread(together, view, limits),
    Promise.all(apart.map((one) => askStrategy(one, view, limits))),
  ]);
  const answers = new Map(
    [...together, ...apart].map((one, at) => [one, [...shared, ...others][at]]),
  );
  return strategies.flatMap((strategy) => {
    const answer = answers.get(strategy);
    return answer === undefined ? [] : [{ strategy, answer }];
  });
}
