import type {
  ModelStep,
  ModelStepStore,
  Spending,
} from '../../../adapters/postgres/model-steps.ts';

export interface MemoryModelSteps extends ModelStepStore {
  /** Everything that was kept, in order. */
  readonly kept: readonly ModelStep[];
}

/** Keeps the steps of one run in memory; `earlier` is what other runs of the month have spent. */
export function memoryModelSteps(earlier: Partial<Spending> = {}): MemoryModelSteps {
  const kept: ModelStep[] = [];
  return {
    kept,
    find: (key) => Promise.resolve(kept.find((step) => step.key === key)?.result),
    keep: (step) => Promise.resolve(void kept.push(structuredClone(step))),
    spent: () => {
      const run = spentOn(kept);
      const before = { tokens: 0, money: 0, pages: 0, ...earlier };
      return Promise.resolve({
        run,
        since: {
          tokens: run.tokens + before.tokens,
          money: run.money + before.money,
          pages: run.pages + before.pages,
        },
      });
    },
  };
}

function spentOn(steps: readonly ModelStep[]): Spending {
  const sum = (value: (step: ModelStep) => number): number =>
    steps.reduce((total, step) => total + value(step), 0);
  return {
    tokens: sum(({ inputTokens = 0, outputTokens = 0 }) => inputTokens + outputTokens),
    money: sum(({ money = 0 }) => money),
    pages: sum(({ kind }) => (kind === 'page' ? 1 : 0)),
  };
}
