import { NOTICE_KINDS, type NoticeKind, type Severity } from './notice.ts';

/** A notice as it is stored, as far as people are told. */
export interface ToldNotice {
  readonly kind: NoticeKind;
  readonly severity: Severity;
  readonly tenant: string;
  readonly source: string | null;
  readonly run: string | null;
  readonly fingerprint: string;
  readonly what: string;
  readonly command: string;
  readonly since: Date;
}

/** What a receiver gets as JSON. Keys are only ever added. */
export interface NoticeMessage {
  readonly v: 1;
  /** The same for every repetition of this request. */
  readonly id: string;
  readonly kind: NoticeKind | 'digest' | 'test';
  readonly severity: Severity;
  /** All of it in whole sentences: what chat services show. */
  readonly text: string;
  readonly what: string;
  readonly where: Where;
  readonly since: string;
  readonly command: string;
  readonly fingerprint?: string;
  /** Of a digest: how many notices of each kind it stands for. */
  readonly counts?: Readonly<Partial<Record<NoticeKind, number>>>;
  /** Of a digest: the first of them. */
  readonly notices?: readonly Omit<NoticeMessage, 'v' | 'id' | 'text'>[];
}

interface Where {
  readonly tenant?: string;
  readonly source?: string;
  readonly run?: string;
}

/** One notice, one message. */
export function noticeMessage(id: string, notice: ToldNotice): NoticeMessage {
  const part = partOf(notice);
  return { v: 1, id, text: textOf(part), ...part };
}

/** How many notices a digest shows. The command lists the rest. */
export const DIGEST_SHOWN = 20;

export interface Digest {
  /** Of all that it stands for. */
  readonly counts: Readonly<Partial<Record<NoticeKind, number>>>;
  readonly severity: Severity;
  readonly since: Date;
  /** The first of them. */
  readonly first: readonly ToldNotice[];
}

/** Many notices, one message: nobody reads five hundred. */
export function digestMessage(
  id: string,
  { counts, severity, since, first }: Digest,
): NoticeMessage {
  const what = `${NOTICE_KINDS.flatMap((kind) => counted(kind, counts[kind] ?? 0)).join('; ')}.`;
  const part = {
    severity,
    what,
    where: {},
    since: since.toISOString(),
    command: 'npm run cli -- notices',
  };
  const notices = first.slice(0, DIGEST_SHOWN).map(partOf);
  return { v: 1, id, kind: 'digest', text: textOf(part), ...part, counts, notices };
}

/** What `notices test` posts. */
export function testMessage(id: string, webhook: string, now: Date): NoticeMessage {
  const part = {
    severity: 'info' as const,
    what: `This is a test of webhook "${webhook}". Nothing is wrong.`,
    where: {},
    since: now.toISOString(),
    command: 'npm run cli -- notices',
  };
  return { v: 1, id, kind: 'test', text: textOf(part), ...part };
}

type Part = Omit<NoticeMessage, 'v' | 'id' | 'text'>;

function partOf(notice: ToldNotice): Part {
  const { kind, severity, tenant, source, run, what, since, command, fingerprint } = notice;
  const where = {
    tenant,
    ...(source === null ? {} : { source }),
    ...(run === null ? {} : { run }),
  };
  return { kind, severity, what, where, since: since.toISOString(), command, fingerprint };
}

function textOf({ what, since, command }: Pick<Part, 'what' | 'since' | 'command'>): string {
  return `${what} Since ${since.slice(0, 16).replace('T', ' ')} UTC. Answer it with: ${command}`;
}

const WORDS: Readonly<Record<NoticeKind, readonly [one: string, many: string]>> = {
  'run-held': ['1 run is held', 'runs are held'],
  'source-paused': ['1 source is paused', 'sources are paused'],
  'freshness-breached': ['1 source is late', 'sources are late'],
  'approval-waiting': ['1 decision waits for a person', 'decisions wait for a person'],
  'approval-reminder': ['1 decision still waits', 'decisions still wait'],
  'approval-expired': [
    '1 question was not answered in time',
    'questions were not answered in time',
  ],
  'run-failed': ['1 run failed', 'runs failed'],
  'platform-failed': ['1 run met a broken platform', 'runs met a broken platform'],
  'incident-opened': ['1 source broke', 'sources broke'],
  'incident-closed': ['1 incident ended', 'incidents ended'],
  'repair-alert': ['1 repair needs a person', 'repairs need a person'],
};

function counted(kind: NoticeKind, count: number): string[] {
  const [one, many] = WORDS[kind];
  return count === 0 ? [] : [count === 1 ? one : `${count} ${many}`];
}
