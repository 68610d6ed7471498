/** What people are told about. A webhook may choose some of them. */
export const NOTICE_KINDS = [
  'run-held',
  'run-failed',
  'source-paused',
  'freshness-breached',
  'approval-waiting',
  'approval-reminder',
  'approval-expired',
  'platform-failed',
  'incident-opened',
  'incident-closed',
  'repair-alert',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export type Severity = 'info' | 'warning' | 'critical';

/** `delivered`: answered with 2xx. `refused`: an answer that repeating does not change. `expired`: tried for a day. `dropped`: its webhook is gone. */
export type PostState = 'waiting' | 'delivered' | 'refused' | 'expired' | 'dropped';

/** Something that people should know, as the one who found it says it. */
export interface NewNotice {
  readonly kind: NoticeKind;
  readonly tenant: string;
  readonly source?: string;
  /** The run that found it. */
  readonly run?: string;
  /** What tells it from others of its kind at the same source: a failure name, the digest of a set. Two notices with the same one are one. */
  readonly subject?: string;
  /** Whole sentences without secrets; a text from a page stands in quotes. Cut at 1,000 characters. */
  readonly what: string;
  /** The one command that answers it or tells more: `npm run cli -- …`. */
  readonly command: string;
  /** Since when the thing is so. */
  readonly since: Date;
  readonly severity?: Severity;
}

/** Kinds about a question that is open; its digest is their subject. */
export const ASKING_NOTICES = ['approval-waiting', 'approval-reminder'] as const;

/** How bad a kind is where the one who notes it does not say. */
export const SEVERITIES: Readonly<Record<NoticeKind, Severity>> = {
  'run-held': 'warning',
  'run-failed': 'warning',
  'source-paused': 'critical',
  'freshness-breached': 'warning',
  'approval-waiting': 'warning',
  'approval-reminder': 'warning',
  'approval-expired': 'critical',
  'platform-failed': 'critical',
  'incident-opened': 'warning',
  'incident-closed': 'info',
  'repair-alert': 'critical',
};
