import { chaosTests } from './chaos-tests.ts';

// Three for every day: a service in trouble, a death, and a fix that many approve. All of them by `npm run test:full` and `npm run chaos`; a connection that is lost and a
// source that is empty by mistake have tests of their own, beside the activities.
chaosTests({ F6: [1], F1: [4], F24: [1] });
