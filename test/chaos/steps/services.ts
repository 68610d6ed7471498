import type { Fault as BedrockFault } from '../../../local/bedrock/faults.ts';
import type { FaultKind, FaultRule } from '../../../local/s3/faults.ts';
import type { Arena, Road } from '../arena.ts';
import type { Step } from '../fault.ts';
import type { ProxyRule } from '../tcp-proxy.ts';
import { until } from './runs.ts';

/** From now on S3 follows this rule too. */
export function s3Fault(rule: FaultRule): Step {
  return {
    says: `S3: ${JSON.stringify({ ...rule, keyMatches: rule.keyMatches?.source })}`,
    act: ({ cloud }) => Promise.resolve(void cloud.s3Faults.push(rule)),
  };
}

export const s3IsWell: Step = {
  says: 'S3 is well again',
  act: ({ cloud }) => Promise.resolve(void (cloud.s3Faults.length = 0)),
};

/** How many requests S3 answered by this fault. */
export function s3FaultsSeen({ cloud }: Arena, ...kinds: readonly FaultKind[]): number {
  return cloud.s3.requests.all().filter(({ fault }) => fault && kinds.includes(fault)).length;
}

export function bedrockFault(...faults: readonly BedrockFault[]): Step {
  return {
    says: `Bedrock: ${JSON.stringify(faults)}`,
    act: ({ cloud }) => Promise.resolve(cloud.bedrockFaults.add(...faults)),
  };
}

/** What happens on the way to a service. */
export function road(name: Road, rule: ProxyRule): Step {
  return {
    says: `the road to ${name}: ${JSON.stringify(rule)}`,
    act: ({ roads }) => Promise.resolve(roads[name].apply(rule)),
  };
}

/** Every server process of the shop's database that serves the product is ended, as by `pg_terminate_backend`. */
export const terminateReaders: Step = {
  says: 'pg_terminate_backend for every connection of the reader',
  async act(arena) {
    const ended = await arena.shop.terminateReaders();
    arena.count(TERMINATED, ended);
  },
};

export const TERMINATED = 'connections to the source ended by the server';

/** Waits until this many pieces of data came late on a road with latency. */
export function untilDelayed(name: Road, count: number): Step {
  return {
    says: `wait for ${count} more pieces of data on the road to ${name}`,
    async act({ roads }) {
      const wanted = roads[name].counters.delayed + count;
      await until(() => roads[name].counters.delayed >= wanted, `${count} pieces of data`);
    },
  };
}
