import type {
  DirtyMark,
  IngestionActivities,
  IngestionReport,
  StartedIngestion,
  SyncTarget,
} from '../../workflows/collection/activities.ts';

/** The database's mark and the knowledge base's jobs, as small as the workflow can tell; one base a data source id. */
export interface IngestionFakes {
  readonly activities: IngestionActivities;
  base(dataSourceId: string): FakeBase;
}

export interface FakeBase {
  readonly target: SyncTarget;
  /** Something was written to S3. */
  change(): void;
  isDirty(): boolean;
  /** Ids of the jobs that were started, in order; an adopted one is not among them. */
  readonly started: readonly string[];
  /** Ids of the jobs that were recorded. */
  readonly recorded: readonly string[];
  /** How the next jobs end; COMPLETE when the list is empty. */
  readonly endings: (IngestionReport['status'] | Error)[];
  /** What the next starts answer; empty: a new job. */
  readonly starts: StartedIngestion['adopted'][];
  /** Called while a job runs. */
  whileRunning: () => Promise<void> | void;
}

export function ingestionFakes(): IngestionFakes {
  const bases = new Map<string, FakeBase & IngestionActivities>();
  function of({ dataSourceId }: Pick<SyncTarget, 'dataSourceId'>): FakeBase & IngestionActivities {
    const found = bases.get(dataSourceId) ?? createBase(dataSourceId);
    bases.set(dataSourceId, found);
    return found;
  }
  return {
    activities: {
      readDirtyMark: (target) => of(target).readDirtyMark(target),
      startIngestion: (input) => of(input).startIngestion(input),
      waitIngestion: (input) => of(input).waitIngestion(input),
      recordIngestion: (input) => of(input).recordIngestion(input),
    },
    base: (dataSourceId) => of({ dataSourceId }),
  };
}

function createBase(dataSourceId: string): FakeBase & IngestionActivities {
  // The clock of this database counts its events: order is all that matters.
  let clock = 0;
  let dirtySince: string | undefined;
  let changedAt = '';
  const started: string[] = [];
  const recorded: string[] = [];
  function tick(): string {
    clock += 1;
    return new Date(clock * 1000).toISOString();
  }

  const base: FakeBase & IngestionActivities = {
    target: {
      id: 'main',
      knowledgeBaseId: 'KB00000001',
      dataSourceId,
      quietMs: 120_000,
      maxWaitMs: 600_000,
    },
    started,
    recorded,
    endings: [],
    starts: [],
    whileRunning: () => undefined,
    change() {
      changedAt = tick();
      dirtySince ??= changedAt;
    },
    isDirty: () => dirtySince !== undefined,
    readDirtyMark(): Promise<DirtyMark> {
      const now = tick();
      return Promise.resolve(dirtySince ? { dirty: true, now, dirtySince } : { dirty: false, now });
    },
    startIngestion(): Promise<StartedIngestion> {
      const adopted = base.starts.shift() ?? 'no';
      const jobId = adopted === 'other' ? `other-${clock}` : `job-${started.length + 1}`;
      if (adopted !== 'other') started.push(jobId);
      return Promise.resolve({ jobId, adopted });
    },
    async waitIngestion({ jobId }): Promise<IngestionReport> {
      await base.whileRunning();
      const ending = base.endings.shift() ?? 'COMPLETE';
      if (ending instanceof Error) throw ending;
      const at = tick();
      const statistics = { scanned: 2, added: 1, failed: 0 };
      return {
        jobId,
        status: ending,
        startedAt: at,
        finishedAt: at,
        statistics,
        failedDocuments: [],
      };
    },
    recordIngestion({ report, coveredAt }): Promise<void> {
      recorded.push(report.jobId);
      if (coveredAt !== undefined && dirtySince !== undefined && dirtySince <= coveredAt)
        dirtySince = changedAt > coveredAt ? changedAt : undefined;
      return Promise.resolve();
    },
  };
  return base;
}
