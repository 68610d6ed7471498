/** What the gate weighs: each number in its range, or missing, which is worse than any number. */
export interface GateInput {
  readonly [x: string]: unknown;
}

/** What the gate says, with every number behind it. */
export interface GateVerdict {
  readonly decision: 'deploy' | 'pull-request' | 'alert';
  readonly score: number;
  readonly probability: number;
  readonly lowerBound: number;
  readonly vetoes: readonly string[];
  readonly reasons: readonly string[];
  /** It would have been deployed, were there enough outcomes: it counts as if it had been. */
  readonly shadowDeploy: boolean;
}
