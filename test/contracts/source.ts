import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../activities/sources/conformance/check.ts';
import { checks } from '../../activities/sources/conformance/checks.ts';
import type { Subject } from '../../activities/sources/conformance/subject.ts';
import { openTrial, type Trial } from '../../activities/sources/conformance/trial.ts';
import { sourceEnv } from '../fakes/source-env.ts';

/**
 * The conformance kit as tests: whatever passes it can be resumed, reconciled and cancelled by the collection workflow. One test a check, the
 * same code as `npm run certify`. Registers its tests under `name`; `setup` runs once before them, `cleanup` once after them.
 */
export function describeSource(name: string, setup: () => Promise<Subject>): void {
  describe(`the contract of a source type, kept by ${name}`, () => {
    let trial: Trial;
    beforeAll(async () => {
      trial = openTrial({ env: sourceEnv, ...(await setup()) }, checks);
    });
    afterAll(() => trial.close());

    test.for(named)('%s', async ([, check], { skip }) => {
      const outcome = await trial.outcome(check);

      skip(outcome.verdict === 'skipped', 'reason' in outcome ? outcome.reason : '');
      expect(faultOf(outcome)).toBe('');
    });
  });
}

const named = checks.map((check) => [`${check.group}: ${check.title}`, check] as const);

function faultOf(outcome: Outcome): string {
  return outcome.verdict === 'fail' ? `${outcome.detail} ${outcome.remedy}` : '';
}
