import type { Extraction, ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { AppliedPatch } from '../../workflows/repair/apply-patch.ts';
import {
  CHECK_NAMES,
  checkReport,
  type CheckName,
  type CheckReport,
} from '../../workflows/repair/checks.ts';
import { changedBreadth, changedSize } from '../../workflows/repair/confidence.ts';
import { learnFields } from '../../workflows/repair/learned-fields.ts';
import { parsePatch, type SpecPatch } from '../../workflows/repair/patch.ts';
import { judgeSpec, type TriedBody } from '../../workflows/repair/spec-checks.ts';
import { changedLines } from '../../workflows/repair/spec-diff.ts';
import type { CandidateEvidence } from '../strategies/candidate.ts';
import { goodAt } from '../strategies/candidates.ts';
import { changedValues } from '../strategies/changed-values.ts';
import { demandingSpec } from '../strategies/demanding-spec.ts';
import { followingPages, type FollowingPages } from '../strategies/following-pages.ts';
import { bodiesOf, standingOn, trySpecs } from '../strategies/try-specs.ts';
import { pageDrift } from './page-drift.ts';
import { patchLines, valueLines, type ValueLine } from './show-changes.ts';

export interface CheckedCandidate {
  /** All of `CHECK_NAMES`, in their order. */
  readonly checks: readonly CheckReport[];
  /** What the gate weighs of it; `agree`, `ambig`, `margin`, `repro` and `memory` are others' knowledge. */
  readonly features: {
    readonly f2p: number;
    /** Absent when no body was held out. */
    readonly holdout?: number;
    readonly oracle: number;
    readonly size: number;
    readonly breadth: number;
    readonly drift: number;
  };
  /** The patch, a line an operation; at most 2 KB. */
  readonly changes: readonly string[];
  /** Old and new values of the fields that change, one line each without control characters; at most 2 KB. */
  readonly values: readonly ValueLine[];
  /** There when the patch makes a valid spec. */
  readonly spec?: ExtractionSpec;
}

export interface CheckOptions {
  readonly signal?: AbortSignal;
  /** Why the source refuses what the patch makes, though it is a valid spec. Default: it takes all of them. */
  readonly refuses?: (patch: SpecPatch) => string | undefined;
}

/** Runs every check of a patch against the evidence. Total: a patch that is none fails `paths` or `schema`, and a hostile body fails its check. */
export async function checkCandidate(
  patch: SpecPatch,
  evidence: CandidateEvidence,
  { signal = NEVER, refuses = () => undefined }: CheckOptions = {},
): Promise<CheckedCandidate> {
  const { view } = evidence;
  const patched = acceptedSpec(view.spec, patch, refuses);
  const statics = staticReports(patch, patched);
  if ('refused' in patched) return refused(statics, patch);
  const bodies = await triedBodies(patched.spec, evidence, signal);
  const { reports, shares } = judgeSpec({
    spec: patched.spec,
    failingFields: view.failingFields,
    learned: learnFields(
      patched.spec,
      view.good.flatMap(({ records }) => records),
    ),
    bodies,
  });
  const regressions = changedValues(bodies, view, patched.spec);
  const followed = followingPages(bodies, view.spec, patched.spec);
  const judged = reports
    .map((report) => withRegressions(report, regressions))
    .map((report) => withFollowed(report, followed));
  return {
    checks: inOrder([...statics, ...judged]),
    features: {
      f2p: f2pShare(reports, shares.f2p, followed),
      ...(evidence.heldOut.length === 0 ? {} : { holdout: shares.holdout }),
      oracle: shares.oracle,
      size: changedSize(changedLines(view.spec, patched.spec)),
      breadth: changedBreadth(1),
      drift: pageDrift(view),
    },
    changes: patchLines(patch),
    values: valueLines(view, bodies),
    spec: patched.spec,
  };
}

const NEVER = new AbortController().signal;
const BODY_DEADLINE_MS = 20_000;
const NOTHING: Extraction = { records: [], served: {}, misses: [], violations: [] };

function acceptedSpec(
  spec: ExtractionSpec,
  patch: SpecPatch,
  refuses: (patch: SpecPatch) => string | undefined,
): AppliedPatch {
  const patched = demandingSpec(spec, patch);
  const refused = 'refused' in patched ? undefined : refuses(patch);
  return refused === undefined ? patched : { refused };
}

function staticReports(patch: SpecPatch, patched: AppliedPatch): readonly CheckReport[] {
  const parsed = parsePatch(patch);
  if ('refused' in parsed) {
    const unread = 'A patch that is refused makes no spec.';
    return [
      checkReport('paths', 'fail', [parsed.refused]),
      checkReport('schema', 'fail', [unread]),
    ];
  }
  const schema =
    'refused' in patched
      ? checkReport('schema', 'fail', [patched.refused])
      : checkReport('schema', 'pass');
  return [checkReport('paths', 'pass'), schema];
}

/** A candidate that is no spec meets no body. */
function refused(statics: readonly CheckReport[], patch: SpecPatch): CheckedCandidate {
  const isShowable = statics.every(({ check, verdict }) => check !== 'paths' || verdict === 'pass');
  return {
    checks: inOrder(statics),
    features: { f2p: 0, oracle: 0, size: 1, breadth: 0, drift: 1 },
    changes: isShowable ? patchLines(patch) : [],
    values: [],
  };
}

/** Each body read by the spec in force, by the candidate, and by the candidate once more from the bytes on. */
async function triedBodies(
  spec: ExtractionSpec,
  evidence: CandidateEvidence,
  signal: AbortSignal,
): Promise<readonly TriedBody[]> {
  const options = { signal, deadlineMs: BODY_DEADLINE_MS };
  const tried: TriedBody[] = [];
  for (const body of bodiesOf(evidence)) {
    const [before = NOTHING, after = NOTHING] = await trySpecs(
      body,
      [evidence.view.spec, spec],
      options,
    );
    const [again = NOTHING] = await trySpecs(body, [spec], options);
    const { url } = body.page;
    const standing = await standingOn(body, evidence.view, options);
    tried.push({ url, role: body.role, before, after, again, standing, ...goodAt(url, evidence) });
  }
  return tried;
}

/** What passed before and has another value now is a regression, though it may look well. */
function withRegressions(report: CheckReport, regressions: readonly string[]): CheckReport {
  if (report.check !== 'p2p' || regressions.length === 0) return report;
  return checkReport('p2p', 'fail', [...report.findings, ...regressions]);
}

/** A list that goes on again is what failed before, and no field says it. */
function withFollowed(report: CheckReport, followed: FollowingPages | undefined): CheckReport {
  if (report.check !== 'f2p' || followed === undefined || report.verdict === 'fail') return report;
  const { lost, found } = followed;
  if (found > 0) return checkReport('f2p', 'pass');
  return lost === 0 ? report : checkReport('f2p', 'fail', ['No failing page leads on with it.']);
}

function f2pShare(
  reports: readonly CheckReport[],
  share: number,
  followed: FollowingPages | undefined,
): number {
  const isTried = reports.some(
    ({ check, verdict }) => check === 'f2p' && verdict !== 'inconclusive',
  );
  if (followed === undefined || followed.lost === 0) return share;
  return isTried ? Math.min(share, Math.sign(followed.found)) : followed.found / followed.lost;
}

function inOrder(reports: readonly CheckReport[]): readonly CheckReport[] {
  const missing = (check: CheckName): CheckReport =>
    checkReport(check, 'inconclusive', ['It could not run.']);
  return CHECK_NAMES.map((name) => reports.find(({ check }) => check === name) ?? missing(name));
}
