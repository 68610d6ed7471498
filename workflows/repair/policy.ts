/** How far a repair of one source may go by itself. From the definitions in force, with every default filled in. */
export interface RepairPolicy {
  readonly v: 1;
  /** sha256 of all the rest, canonical; part of each decision. */
  readonly hash: string;
  readonly phase: RepairPhase;
  /** 1: more proof before a deploy, and two people. */
  readonly tier: 1 | 2;
  /** `required`: every fix goes to a person first, whatever its numbers. */
  readonly review: 'required' | 'by-numbers';
  /** `everyone` admits anybody, and the decision is recorded as unproven. */
  readonly approvers: 'everyone' | readonly string[];
  /** Different people that must approve. */
  readonly quorum: number;
  /** How long people have. */
  readonly deadlineMs: number;
  /** Whom else to tell when nobody has answered, ascending. */
  readonly escalation: readonly { readonly afterMs: number; readonly to: readonly string[] }[];
  /** No reminders in between; may span midnight. */
  readonly quietHours?: QuietHours;
  /** Deploys without a person, of one source in 24 hours. */
  readonly deploysADay: number;
  readonly caps: RepairCaps;
  /** Probability from which a fix may deploy by itself: a floor, recalibration only ever raises it. */
  readonly tauDeploy: number;
  /** Probability from which people are asked. */
  readonly tauPr: number;
  /** What past outcomes must prove before a deploy, as a lower bound. */
  readonly lambda: number;
  /** Nothing deploys by itself in between. */
  readonly freezeWindows: readonly FreezeWindow[];
  /** Everything runs, and the last step says what it would have done. */
  readonly dryRun: boolean;
  /** What becomes of a candidate whose checks failed. */
  readonly onFailedChecks: 'pull-request' | 'alert';
  readonly probation: { readonly runs: number; readonly withinMs: number };
}

export type RepairPhase = 'manual' | 'assisted' | 'autonomous';

export interface QuietHours {
  /** `HH:MM` in `timezone`. */
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
}

export interface FreezeWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason?: string;
}

/** Repairs beyond these wait; none is dropped. */
export interface RepairCaps {
  readonly perHost: number;
  readonly perHour: number;
  readonly atATime: number;
}

/** Settings of a policy as a person may give them, for all sources, a tenant or one source; the narrower wins. */
export type RepairSettings = Partial<Omit<RepairPolicy, 'v' | 'hash'>>;

/** The `repair` of the definitions. */
export interface RepairDefinition extends RepairSettings {
  readonly version: 1;
  readonly tenants?: Readonly<Record<string, RepairSettings>>;
}

const HOUR_MS = 3_600_000;

/** Everything but what depends on the tier. */
const DEFAULT_POLICY = {
  phase: 'assisted',
  tier: 2,
  review: 'by-numbers',
  approvers: 'everyone',
  deadlineMs: 72 * HOUR_MS,
  escalation: [],
  deploysADay: 2,
  caps: { perHost: 2, perHour: 20, atATime: 10 },
  tauDeploy: 0.95,
  tauPr: 0.7,
  freezeWindows: [],
  dryRun: false,
  onFailedChecks: 'pull-request',
  probation: { runs: 3, withinMs: 48 * HOUR_MS },
} as const satisfies RepairSettings;

/** A policy before its hash is known: hashes are made where there is `crypto`. */
export type UnhashedPolicy = Omit<RepairPolicy, 'hash'>;

/** The policy of a source: its own settings over its tenant's over those of all over the defaults, which depend on the tier. */
export function policyOf(
  definition: RepairDefinition | undefined,
  tenant: string,
  source: RepairSettings | undefined,
): UnhashedPolicy {
  const { version: _version, tenants, ...general } = definition ?? { version: 1 };
  const given: RepairSettings = { ...general, ...tenants?.[tenant], ...source };
  const strict = given.tier === 1;
  return {
    v: 1,
    ...DEFAULT_POLICY,
    quorum: strict ? 2 : 1,
    lambda: strict ? 0.95 : 0.9,
    ...given,
    phase: phaseOf(given.phase),
  };
}

/** Phases as text come from elsewhere: a missing one is `assisted`, one that nobody knows leaves everything to people. */
export function phaseOf(text: unknown): RepairPhase {
  if (text === undefined || text === null) return 'assisted';
  return text === 'assisted' || text === 'autonomous' ? text : 'manual';
}
