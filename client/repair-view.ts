import { z } from 'zod';
import type { Database } from '../adapters/postgres/database.ts';
import type { Incident } from '../adapters/postgres/incidents.ts';
import { quietBreaks } from '../adapters/postgres/quiet-breaks.ts';
import { candidatesOf, type StoredCandidate } from '../adapters/postgres/repair-candidates.ts';
import { runsSince } from '../adapters/postgres/repair-runs.ts';
import { activeFix } from '../adapters/postgres/active-fix.ts';
import { oneLine } from '../workflows/approval/words.ts';
import type { QuestionStatus } from '../workflows/repair/repair-status.ts';
import type { WorkGuidance } from '../workflows/repair/repair-work.ts';
import type { LiveRepair } from './live-repair.ts';

/** Everything that is known of the repair of an incident, from its rows, and from its workflow where that answers. */
export interface RepairView {
  readonly incident: Incident;
  readonly facts: readonly string[];
  readonly evidence?: string;
  /** The candidate that is in force, or on the table, or was last. */
  readonly fix?: ShownFix;
  readonly proof?: ShownProof;
  readonly verdict?: ShownVerdict;
  /** How many candidates were proposed, and how many of them failed. */
  readonly proposed: number;
  readonly failed: number;
  /** Why there is no fix, as a sentence. */
  readonly stuck?: string;
  /** What a person said last, and which attempt tries it, as a sentence. */
  readonly guidance?: string;
  readonly reproduction?: string;
  readonly question?: QuestionStatus;
  readonly deployed?: Deployed;
  readonly rolledBack?: RolledBack;
  /** The fix runs, and the files do not contain it. */
  readonly notInFiles: boolean;
  readonly runs: readonly string[];
  /** The same break only counts until then. */
  readonly quietUntil?: Date;
  readonly live: LiveRepair;
}

export async function repairView(
  db: Database,
  incident: Incident,
  live: LiveRepair,
): Promise<RepairView> {
  const known = Known.parse(incident.repair);
  const candidates = await candidatesOf(db, incident.id);
  const own = live.kind === 'known' ? live.status : undefined;
  const status = own?.incident;
  const { deployed, rolledBack, decision } = known;
  const candidate = meant(candidates, status?.fix?.patchDigest ?? deployed?.patchDigest);
  const verdict = status?.verdict ?? Verdict.safeParse(candidate?.decision ?? decision).data;
  const proof = status?.proof ?? Proof.safeParse(candidate?.proof).data;
  const fix = status?.fix ?? (candidate && fixOf(candidate));
  const pointer = await activeFix(db, incident.source);
  const quietUntil = (await quietBreaks(db, [incident.id], new Date())).get(incident.id);
  return {
    incident,
    facts: status && status.facts.length > 0 ? status.facts : known.facts,
    ...(known.evidence ? { evidence: known.evidence.key } : {}),
    ...(fix ? { fix } : {}),
    ...(proof ? { proof } : {}),
    ...(verdict ? { verdict } : {}),
    proposed: candidates.length,
    failed: candidates.filter(({ state }) => state === 'failed').length,
    ...(status?.stuck === undefined ? {} : { stuck: status.stuck }),
    ...(status?.guidance ? { guidance: guidanceText(status.guidance, status.attempt) } : {}),
    ...(status?.reproduction ? { reproduction: status.reproduction.because } : {}),
    ...(own?.question ? { question: own.question } : {}),
    ...(deployed ? { deployed } : {}),
    ...(rolledBack ? { rolledBack } : {}),
    notInFiles: pointer?.incident === incident.id && pointer.kind === 'fix',
    runs:
      status && status.runs.length > 0
        ? status.runs
        : await runLines(db, incident, {
            ...(deployed ? { deployed } : {}),
            ...(rolledBack ? { rolledBack } : {}),
          }),
    ...(quietUntil ? { quietUntil } : {}),
    live,
  };
}

function guidanceText({ text, by }: WorkGuidance, attempt: number): string {
  return `${by} said "${oneLine(text)}": ${attempt === 1 ? '1 attempt' : `${attempt} attempts`} so far.`;
}

/** Is the fix that was deployed last still in force, as far as its own rows know? */
export function isDeployed({ deployed, rolledBack }: Pick<RepairView, 'deployed' | 'rolledBack'>) {
  return deployed !== undefined && (rolledBack === undefined || rolledBack.atMs < deployed.atMs);
}

/** What the repair has noted of its deployment and its rollback. */
export function deliveryOf({ repair }: Incident): Pick<RepairView, 'deployed' | 'rolledBack'> {
  const { deployed, rolledBack } = Known.parse(repair);
  return { ...(deployed ? { deployed } : {}), ...(rolledBack ? { rolledBack } : {}) };
}

function meant(
  candidates: readonly StoredCandidate[],
  digest: string | undefined,
): StoredCandidate | undefined {
  const exact = candidates.find(({ patchDigest }) => patchDigest === digest);
  return exact ?? candidates.findLast(({ state }) => state === 'chosen');
}

function fixOf(candidate: StoredCandidate): ShownFix {
  const { patchDigest, strategies, explains } = candidate;
  const checked = Checked.safeParse(candidate.checked).data;
  return {
    patchDigest,
    strategies,
    explains,
    changes: checked?.changes ?? [],
    values: checked?.values ?? [],
    checks: (checked?.checks ?? []).map(
      ({ check, verdict, findings: [first] }) =>
        `${check}: ${verdict}${verdict === 'pass' || first === undefined ? '' : ` – ${first}`}`,
    ),
  };
}

const MAX_RUNS = 5;

/** How runs since the deployment went, where the workflow does not say how it judged them. */
async function runLines(
  db: Database,
  incident: Incident,
  { deployed, rolledBack }: Pick<RepairView, 'deployed' | 'rolledBack'>,
): Promise<readonly string[]> {
  if (!deployed) return [];
  const runs = await runsSince(db, incident, new Date(deployed.atMs));
  const endMs = rolledBack && rolledBack.atMs > deployed.atMs ? rolledBack.atMs : Infinity;
  return runs
    .filter(({ startedAtMs }) => startedAtMs < endMs)
    .slice(0, MAX_RUNS)
    .map(({ run, status, failure, read }) =>
      failure === undefined
        ? `${status}: ${run}, ${read} documents`
        : `${status} by ${failure}: ${run}`,
    );
}

// Written by activities of ours; what an older version has written otherwise is left out.

const Deployed = z.object({
  patchDigest: z.string(),
  decidedBy: z.string(),
  proven: z.boolean(),
  atMs: z.number(),
});
type Deployed = z.infer<typeof Deployed>;

const RolledBack = z.object({ by: z.string(), because: z.string(), atMs: z.number() });
type RolledBack = z.infer<typeof RolledBack>;

const Verdict = z.object({
  decision: z.enum(['deploy', 'pull-request', 'alert']),
  probability: z.number(),
  lowerBound: z.number(),
  vetoes: z.array(z.string()),
  reasons: z.array(z.string()),
});
type ShownVerdict = Readonly<
  Omit<z.infer<typeof Verdict>, 'vetoes' | 'reasons'> & {
    readonly vetoes: readonly string[];
    readonly reasons: readonly string[];
  }
>;

const Proof = z.object({ verdict: z.string(), because: z.string() });
type ShownProof = Readonly<z.infer<typeof Proof>>;

const Checked = z.object({
  checks: z.array(
    z.object({ check: z.string(), verdict: z.string(), findings: z.array(z.string()) }),
  ),
  changes: z.array(z.string()),
  values: z.array(z.object({ field: z.string(), before: z.string(), after: z.string() })),
});

interface ShownFix {
  readonly patchDigest: string;
  readonly strategies: readonly string[];
  readonly explains: string;
  readonly changes: readonly string[];
  readonly values: readonly {
    readonly field: string;
    readonly before: string;
    readonly after: string;
  }[];
  /** `name: verdict – finding`. */
  readonly checks: readonly string[];
}

const Known = z.object({
  facts: z.array(z.string()).catch([]),
  evidence: z.object({ key: z.string() }).optional().catch(undefined),
  deployed: Deployed.optional().catch(undefined),
  rolledBack: RolledBack.optional().catch(undefined),
  decision: z.unknown().optional(),
});
