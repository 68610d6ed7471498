export { decideHeld } from './approval/decide-held.ts';
export { collectSource } from './collection/collect-source.ts';
export { inspectSource } from './collection/inspect-source.ts';
export { reconcileSchedules } from './collection/reconcile-schedules.ts';
export { syncKnowledgeBase } from './collection/sync-knowledge-base.ts';
export { watchFreshness } from './collection/watch-freshness.ts';
export { tellPeople } from './notices/tell-people.ts';
export { testWebhook } from './notices/test-webhook.ts';
