import { expect } from 'vitest';
import { certify } from '../../../activities/sources/conformance/certificate.ts';
import { sourceTypes } from '../../../activities/sources/index.ts';
import { fixtures } from '../../../local/certify/fixtures/index.ts';
import { readLocalConfig } from '../../../local/config.ts';

/** Tries the source that is brought along for a type: nothing fails, and exactly `skipped` is not tried. */
export async function tryFixture(
  name: string,
  { full, skipped }: { readonly full: boolean; readonly skipped: readonly string[] },
): Promise<void> {
  const type = sourceTypes.get(name);
  const fixture = fixtures.get(name);
  if (type === undefined || fixture === undefined) throw new Error(`There is no type "${name}".`);
  const subject = await fixture(type, { local: readLocalConfig(), full });

  const { checks } = await certify(subject, { name });
  const of = (verdict: string) => checks.filter((one) => one.verdict === verdict);

  expect(of('fail')).toStrictEqual([]);
  expect(of('skipped').map(({ id }) => id)).toStrictEqual(skipped);
}
