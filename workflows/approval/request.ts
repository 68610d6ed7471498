import type { FailureName } from '../failures.ts';

/** One question to people: what is asked, who may answer it, until when. Asked about held deletions, and later about repairs. */
export interface ApprovalRequest {
  /** New for each question: an answer to an older one is stale. */
  readonly id: string;
  /** What it is about, for people: `deletions of source "articles"`. */
  readonly subject: string;
  /** sha256 of what happens on approval; fixed when it is shown, not when it is answered. */
  readonly digest: string;
  /** sha256 of what was shown as the reason. */
  readonly evidenceDigest: string;
  /** Verdicts that mean something here. */
  readonly offers: readonly VerdictKind[];
  /** `everyone` is for an embedded system; else users, or `team:<name>`, and then only an identity that was proven counts. */
  readonly approvers: 'everyone' | readonly string[];
  /** May not answer: authors of the change, who asked for it, our own app. */
  readonly excluded: readonly string[];
  /** Different people that must approve. */
  readonly quorum: number;
  /** Milliseconds since the epoch; an answer at that moment is late. */
  readonly expiresAtMs: number;
  readonly escalation: readonly Escalation[];
}

/** Whom else to tell when nobody has answered. */
export interface Escalation {
  readonly atMs: number;
  readonly to: readonly string[];
}

export type VerdictKind = 'approve' | 'reject' | 'request-changes';

/** A person's answer, whichever door it came through. */
export interface Verdict {
  readonly requestId: string;
  readonly digest: string;
  readonly verdict: VerdictKind;
  /** The same answer sent twice has the same one; it is the update id too: `cli:<uuid>`, `gh:<delivery>`. */
  readonly decisionId: string;
  readonly by: Person;
  readonly reasonClass?: string;
  readonly reason?: string;
}

export interface Person {
  readonly provider: 'slack' | 'github' | 'cli' | 'api';
  readonly user: string;
  readonly team?: string;
}

/** A verdict with what its door knows of the sender. What a payload says of itself is never a proof. */
export interface ReceivedVerdict extends Verdict {
  readonly proven: boolean;
}

/** Everything that judging needs to know of one question; plain data, so that it travels through continue-as-new. */
export interface ApprovalState {
  readonly request: ApprovalRequest;
  /** Set by the first terminal verdict, and by an end without one. */
  readonly closed?: Closing;
  /** The latest vote of each person. */
  readonly votes: readonly Vote[];
  /** What was accepted before, newest last: its ids make repetitions harmless. */
  readonly accepted: readonly Acceptance[];
}

export interface Closing {
  readonly outcome: VerdictKind | 'expired' | 'superseded';
  readonly atMs: number;
  /** A name for people; absent where nobody decided. */
  readonly by?: string;
  readonly reason?: string;
  /** Why it was rejected, in a word: `wrong data`, `style`, `unsafe`, `not a bug`, `site gone`. */
  readonly reasonClass?: string;
  /** False for everybody who may send a message but proved nothing. */
  readonly proven?: boolean;
}

export interface Vote {
  readonly by: Person;
  readonly verdict: VerdictKind;
}

export interface Acceptance {
  readonly decisionId: string;
  readonly answer: Answer;
}

/** What a person is told about an accepted verdict. */
export interface Answer {
  readonly verdict: VerdictKind;
  /** The question is closed by it; false while more approvals are needed. */
  readonly terminal: boolean;
  readonly approvals: number;
  readonly quorum: number;
  /** The same decision had been taken already; nothing changed. */
  readonly repeated: boolean;
}

/** Why a verdict does not count, as people read it. */
export interface Refusal {
  readonly failure: Extract<
    FailureName,
    'StaleDecision' | 'AlreadyDecided' | 'DeadlinePassed' | 'NotAllowed'
  >;
  /** A whole sentence. */
  readonly because: string;
}
