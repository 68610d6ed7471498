import type { Workshop } from './service.ts';

/** Takes away what finished its DELETING by now. Called before each request, so that no timer is needed. */
export function finishDeletions({ state, library, timing }: Workshop): void {
  const now = timing.clock.now();
  for (const { id, knowledgeBaseId, goneAt, deletionPolicy } of state.dataSources.all()) {
    if (goneAt === undefined || goneAt > now) continue;
    // RETAIN keeps what was indexed searchable, without a data source behind it.
    if (deletionPolicy === 'DELETE') library.dropShelf(knowledgeBaseId, id);
    for (const job of state.jobs.all()) if (job.dataSourceId === id) state.jobs.remove(job.id);
    state.dataSources.remove(id);
  }
  for (const { id, goneAt } of state.knowledgeBases.all()) {
    if (goneAt === undefined || goneAt > now) continue;
    library.dropKnowledgeBase(id);
    state.knowledgeBases.remove(id);
  }
}
