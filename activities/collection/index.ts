import type {
  CollectionActivities,
  FreshnessActivities,
  IngestionActivities,
  InspectionActivities,
  ReconcileSchedulesReport,
  ScheduleActivities,
} from '../../workflows/collection/activities.ts';
import type { CalibrationActivities } from '../../workflows/repair/calibration-activities.ts';
import type { ExaminationActivities } from '../../workflows/collection/examination.ts';
import type { MendingActivities } from '../../workflows/collection/mending.ts';
import { mendSource } from '../mending/mend-source.ts';
import { examineSystem } from '../examination/examine-system.ts';
import { recalibrateGate } from '../repair/recalibrate-gate.ts';
import { collectDocuments } from './collect-documents.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { finishRun } from './finish-run.ts';
import { inspectSource } from './inspect-source.ts';
import { loadSource } from './load-source.ts';
import { reconcileDocuments } from './reconcile-documents.ts';
import { reconcileStoredSchedules } from './reconcile-schedules.ts';
import { watchFreshness } from './watch-freshness.ts';
import { ingestionActivities, requestOverdueSyncs } from './sync-activities.ts';

export type AllCollectionActivities = CollectionActivities &
  InspectionActivities &
  IngestionActivities &
  ScheduleActivities &
  FreshnessActivities &
  CalibrationActivities &
  ExaminationActivities &
  MendingActivities;

/** Every activity of the area, out of its dependencies. */
export function collectionActivities(deps: CollectionDependencies): AllCollectionActivities {
  return {
    loadSource: (input) => loadSource(input, deps),
    collectDocuments: (input) => collectDocuments(input, deps),
    reconcileDocuments: (input) => reconcileDocuments(input, deps),
    requestKnowledgeBaseSync: ({ source, ...target }) => deps.wakeSync(target, source),
    finishRun: (input) => finishRun(input, deps),
    inspectSource: (input) => inspectSource(input, deps),
    mendSource: (input) => mendSource(input, deps),
    examineSystem: (input) => examineSystem(input, deps),
    ...ingestionActivities(deps),
    reconcileSchedules: (): Promise<ReconcileSchedulesReport> => reconcileStoredSchedules(deps),
    requestOverdueSyncs: ({ olderThanMs }) => requestOverdueSyncs(olderThanMs, deps),
    watchFreshness: () => watchFreshness(deps),
    recalibrateGate: () => recalibrateGate(deps),
  };
}
