/** How an incident can end; each ends in exactly one of them (repair 14). */
export const OUTCOMES = [
  'auto-deployed-ok',
  'auto-deployed-rolled-back',
  'pr-merged-unchanged',
  'pr-merged-edited',
  'pr-merged-rolled-back',
  'pr-rejected',
  'pr-expired',
  'alerted',
  'not-reproduced',
  'recovered',
  'suppressed',
] as const;

/**
 * Names as the field has them: until pull requests come, a "pr" is the question that people are asked, `merged` that they approved it, and
 * `edited` that what was deployed is not what was proposed first.
 */
export type RepairOutcome = (typeof OUTCOMES)[number];

/** Where a repair stands, in the order of its life. `parked`: the kill switch, or a hold of everything, keeps it from going on. */
export type RepairStage =
  | 'triaging'
  | 'reproducing'
  | 'diagnosing'
  | 'proposing'
  | 'checking'
  | 'proving'
  | 'deciding'
  | 'deploying'
  | 'awaiting-approval'
  | 'awaiting-guidance'
  | 'probation'
  | 'rolling-back'
  | 'learning'
  | 'parked'
  | 'closed';
