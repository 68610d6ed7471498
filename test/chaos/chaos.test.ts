import { chaosTests } from './chaos-tests.ts';

// Two for every day: a service in trouble, and a fix that many approve. All of them by `npm run test:full` and `npm run chaos`; deaths, a connection
// that is lost and a source that is empty by mistake have tests of their own, beside the activities and the workers.
chaosTests({ F6: [1], F24: [1] });
