import { chaosTests } from './chaos-tests.ts';
import { FAULTS } from './faults/index.ts';

// Every fault once, by a seed of its own; twenty seeds of each are for `npm run chaos -- --seeds 20`.
chaosTests(Object.fromEntries(FAULTS.map(({ id }) => [id, [Number(id.slice(1)) + 100]])));
