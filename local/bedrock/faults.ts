import type { OperationName } from './operation-name.ts';
import { conflict, internal, throttled, type ServiceError } from './service-error.ts';

/** A fault of one answer, or of what a job does in the background. `times` counts down; it is 1 if left out. */
export type Fault = AnswerFault | JobFault | DocumentFault;

export interface AnswerFault {
  /** `lost-answer`: the request is carried out, then the connection breaks before the answer. */
  readonly kind: 'throttle' | 'conflict' | 'internal-error' | 'lost-answer';
  readonly operation: OperationName;
  readonly times?: number;
}

interface JobFault {
  /** `job-sticks`: the job stays IN_PROGRESS until it is stopped or the server starts again. */
  readonly kind: 'job-fails' | 'job-sticks';
  readonly reason?: string;
  readonly times?: number;
}

interface DocumentFault {
  readonly kind: 'document-fails';
  /** The document's whole `s3://` URI, or its end. */
  readonly uri: string;
  readonly reason?: string;
  readonly times?: number;
}

/** The faults that are still to come. It lives in memory alone: a restarted server is healthy. */
export interface FaultPlan {
  add(...faults: readonly Fault[]): void;
  clear(): void;
  /** Takes the next fault of the operation, if there is one. */
  takeAnswerFault(operation: OperationName): AnswerFault | undefined;
  takeJobFault(): JobFault | undefined;
  takeDocumentFault(uri: string): DocumentFault | undefined;
}

export function createFaultPlan(...planned: readonly Fault[]): FaultPlan {
  let faults: readonly Fault[] = planned;
  function take<F extends Fault>(fits: (fault: Fault) => fault is F): F | undefined {
    const found = faults.find(fits);
    if (found) faults = faults.flatMap((fault) => (fault === found ? used(fault) : [fault]));
    return found;
  }
  return {
    add: (...more) => {
      faults = [...faults, ...more];
    },
    clear: () => {
      faults = [];
    },
    takeAnswerFault: (operation) =>
      take((fault): fault is AnswerFault => 'operation' in fault && fault.operation === operation),
    takeJobFault: () =>
      take((fault): fault is JobFault => fault.kind === 'job-fails' || fault.kind === 'job-sticks'),
    takeDocumentFault: (uri) =>
      take((fault): fault is DocumentFault => 'uri' in fault && uri.endsWith(fault.uri)),
  };
}

/** The error that an answer fault throws; none for an answer that is to be lost. */
export function errorOf(fault: AnswerFault | undefined): ServiceError | undefined {
  if (!fault || fault.kind === 'lost-answer') return undefined;
  return ERRORS[fault.kind](`Planned fault of ${fault.operation}.`);
}

const ERRORS: Readonly<
  Record<Exclude<AnswerFault['kind'], 'lost-answer'>, (message: string) => ServiceError>
> = { throttle: throttled, conflict, 'internal-error': internal };

function used(fault: Fault): readonly Fault[] {
  const left = (fault.times ?? 1) - 1;
  return left > 0 ? [{ ...fault, times: left }] : [];
}
