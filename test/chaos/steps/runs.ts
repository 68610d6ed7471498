import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../fault.ts';
import type { SourceId } from '../sources/source.ts';
import { quiescence } from '../quiescence.ts';
import { edit } from '../sources/source.ts';

/** Starts a run of each of these sources; none named means all. */
export function collect(...sources: readonly SourceId[]): Step {
  return {
    says: `collect ${sources.length === 0 ? 'all sources' : sources.join(', ')}`,
    act: (_arena, story) => story.collect(...sources),
  };
}

/** Waits for the newest wave of runs. Each must end by this status or failure; none given: any will do. */
export function runsEnd(expected?: string): Step {
  return {
    says: `wait until the runs end${expected ? ` as ${expected}` : ''}`,
    async act(_arena, story) {
      const wrong = (await story.ends()).filter(
        ({ status, failure }) => expected && status !== expected && failure !== expected,
      );
      if (wrong.length > 0) throw new Error(`Not all runs ended as expected: ${show(wrong)}.`);
    },
  };
}

function show(ends: readonly object[]): string {
  return ends.map((end) => JSON.stringify(end)).join(', ');
}

/** All sources are collected without any accident: what a fault of a second run begins with. */
export const firstRound: Step = {
  says: 'collect all sources, undisturbed',
  async act(_arena, story) {
    await story.collect();
    const bad = (await story.ends()).filter(({ status }) => status !== 'succeeded');
    if (bad.length > 0) throw new Error(`The undisturbed round went wrong: ${show(bad)}.`);
  },
};

/** Documents change, come and go. */
export const editAll: Step = {
  says: 'edit every source',
  async act({ sources, random }) {
    for (const source of sources) await edit(source, random);
  },
};

/** Waits until S3 was asked for this many more PUTs than now. */
export function untilPuts(count: number): Step {
  return {
    says: `wait for ${count} more PUTs`,
    async act({ cloud }) {
      const wanted = cloud.s3.requests.count('PutObject') + count;
      await until(() => cloud.s3.requests.count('PutObject') >= wanted, `${count} PUTs`);
    },
  };
}

export function wait(ms: number): Step {
  return { says: `wait ${ms} ms`, act: () => sleep(ms) };
}

/**
 * What does not come within this time does not come. The machine may be busy, and a task whose worker never heard of it is given to another
 * one after as much as a minute: that may happen twice.
 */
const COMES_WITHIN_MS = 200_000;

/** @throws Error - it did not come to that. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = COMES_WITHIN_MS,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`It did not come to ${what}.`);
    await sleep(10);
  }
}

/** Waits for the newest wave; none of its runs may say that all is well. */
export const noneSucceeds: Step = {
  says: 'wait until the runs end, none as succeeded',
  async act(_arena, story) {
    const green = (await story.ends()).filter(({ status }) => status === 'succeeded');
    if (green.length > 0) throw new Error(`Too green: ${show(green)}.`);
  },
};

/** Waits until every change is in the knowledge base: for accidents that happen after the runs. */
export const rest: Step = {
  says: 'wait until all is at rest',
  async act(arena) {
    if (!(await quiescence(arena))) throw new Error('It did not come to rest.');
  },
};
