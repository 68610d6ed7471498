/** Learns from outcomes how far the gate may trust itself. */
export interface CalibrationActivities {
  /** Makes the next calibration out of all outcomes and stores it, where it says anything new. Idempotent. */
  recalibrateGate(): Promise<RecalibrationReport>;
}

export interface RecalibrationReport {
  /** Of the calibration in force. */
  readonly version: number;
  /** False where outcomes say nothing new. */
  readonly stored: boolean;
  /** Outcomes with a success or a failure. */
  readonly resolved: number;
  /** Whole sentences, at most 10 each. */
  readonly changes: readonly string[];
  readonly alarms: readonly string[];
}
