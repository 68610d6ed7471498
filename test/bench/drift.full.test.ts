import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCases } from '../../bench/stage/drift/cases.ts';
import { repairCase } from '../../bench/stage/drift/repair-case.ts';
import { countVerdicts, ofKind, type Outcome } from '../../bench/stage/drift/score.ts';

const folder = join(process.env['TEST_MATERIALS'] ?? '', 'drift');
const present = process.env['TEST_MATERIALS'] !== undefined && existsSync(folder);
if (!present) {
  console.warn(
    'SKIPPED: real selector breakages. Set TEST_MATERIALS to the folder of test materials.',
  );
}

describe.skipIf(!present)('real selector breakages, repaired without AI (repair 4.1)', () => {
  const outcomes: Outcome[] = [];

  beforeAll(async () => {
    for (const one of readCases(folder)) outcomes.push(await repairCase(one));
  }, 600_000);

  test('of the broken at least 90 % are found again, and at most 3 % of what was acted on is wrong', () => {
    const broken = countsOf('broken');

    expect(broken.recovered).toBeGreaterThanOrEqual(0.9 * sum(broken));
    expect(broken.wrong).toBeLessThanOrEqual(0.03 * (broken.recovered + broken.wrong));
  });

  test('of those that show other values at least 60 % are found, and at most 3 % wrongly', () => {
    const changed = countsOf('changed');

    expect(changed.recovered).toBeGreaterThanOrEqual(0.6 * sum(changed));
    expect(changed.wrong).toBeLessThanOrEqual(0.03 * (changed.recovered + changed.wrong));
  });

  test('what is gone stays gone, what is intact stays as it is', () => {
    expect(countsOf('gone').wrong).toBeLessThanOrEqual(0.02 * sum(countsOf('gone')));
    expect(countsOf('intact')).toMatchObject({ recovered: 0, wrong: 0 });
  });

  function countsOf(
    kind: 'broken' | 'changed' | 'gone' | 'intact',
  ): ReturnType<typeof countVerdicts> {
    return countVerdicts(ofKind(outcomes, kind));
  }
});

function sum(counts: ReturnType<typeof countVerdicts>): number {
  return counts.recovered + counts.abstained + counts.wrong;
}
