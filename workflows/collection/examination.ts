/** What an examination compares, in the order in which people read it. */
export const EXAMINED = {
  'source-left': 'Sources that no definition names any more',
  'definition-differs': 'Definitions of the file that are not in force',
  'schedule-missing': 'Schedules that Temporal does not have',
  'schedule-differs': 'Schedules that Temporal has otherwise',
  'schedule-extra': 'Schedules that no definition asks for',
  'source-suspended': 'Sources that the system paused',
  'schedule-paused': 'Schedules that a person paused',
  'run-orphaned': 'Runs that look open although their workflow has ended',
  'question-orphaned': 'Questions to people that nobody can answer',
  'crawl-abandoned': 'Crawls that nobody goes on with',
  'document-deleting': 'Deletions that were interrupted',
  'content-missing': 'Documents without their object in S3',
  'content-changed': 'Documents whose object somebody else has written',
  'sidecar-missing': 'Documents without their sidecar in S3',
  'sidecar-changed': 'Documents whose sidecar somebody else has written',
  'object-leftover': 'Objects of documents that were deleted',
  'object-unknown': 'Objects that belong to no document',
  'object-stale': 'Objects that moved documents left behind',
  'upload-abandoned': 'Uploads in parts that were never finished',
  'sync-overdue': 'Changes that no ingestion job has taken',
  'document-refused': 'Documents that the knowledge base could not index',
  'document-unindexed': 'Documents that the knowledge base does not have',
  'document-lingering': 'Deleted documents that the knowledge base still has',
} as const;

export type FindingKind = keyof typeof EXAMINED;

/** Said, but nothing that is wrong: a person wanted it so. */
export const NOTED: ReadonlySet<FindingKind> = new Set(['schedule-paused']);

/** One thing that does not agree. */
export interface Finding {
  /** A sentence with the place. */
  readonly what: string;
  /** What to do, with the command where there is one. */
  readonly mend: string;
  readonly source?: string;
}

export interface FindingGroup {
  readonly kind: FindingKind;
  readonly total: number;
  /** The first of them. */
  readonly shown: readonly Finding[];
}

export interface ExaminationReport {
  /** Only those that have findings. */
  readonly groups: readonly FindingGroup[];
  readonly looked: ExaminedCounts;
  /** What could not be looked at, and what is under way meanwhile. */
  readonly notes: readonly string[];
}

/** How much was compared. */
export interface ExaminedCounts {
  readonly sources: number;
  readonly schedules: number;
  readonly documents: number;
  readonly objects: number;
  readonly indexed: number;
}

export interface ExamineSystemInput {
  /** One source; the whole system where it is left out. */
  readonly source?: string;
  /** Findings of a kind that are shown; the rest is counted. */
  readonly shown: number;
}

/** Compares everything that should agree, and changes nothing. */
export interface ExaminationActivities {
  /** Definitions in force, schedules, runs, questions, manifest, S3 and knowledge bases. Bounded memory, heartbeats. */
  examineSystem(input: ExamineSystemInput): Promise<ExaminationReport>;
}
