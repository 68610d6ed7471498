import { changeChecks } from './change-checks.ts';
import type { Check } from './check.ts';
import { cursorChecks } from './cursor-checks.ts';
import { discoverChecks } from './discover-checks.ts';
import { documentChecks } from './document-checks.ts';
import { endingChecks } from './ending-checks.ts';
import { secretChecks } from './secret-checks.ts';
import { specChecks } from './spec-checks.ts';
import { troubleChecks } from './trouble-checks.ts';
import { verdictChecks } from './verdict-checks.ts';

/** Everything that each source type has to keep, in the order in which it is tried. The last one searches what the others have heard. */
export const checks: readonly Check[] = [
  ...specChecks,
  ...verdictChecks,
  ...discoverChecks,
  ...documentChecks,
  ...cursorChecks,
  // They compare with the first read, so that the source must not have changed since.
  ...troubleChecks,
  ...changeChecks,
  ...endingChecks,
  ...secretChecks,
];
