import { chaosTests } from './chaos-tests.ts';

// A short set for every day: a death, a lost connection, a service in trouble, a source that lies. All of them by `npm run chaos`.
chaosTests({ F6: [1], F14: [2], F20: [3], F1: [4] });
