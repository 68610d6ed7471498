import { setMaxListeners } from 'node:events';
import { collectDocuments } from './collect-documents.ts';
import type { Workshop } from './service.ts';
import { isRunning, type JobRecord } from './state.ts';

/** Carries ingestion jobs through their phases, in the background. */
export interface JobRunner {
  run(job: JobRecord): void;
  /** Makes the job STOPPING, and STOPPED a little later. Returns it as it is now. */
  stop(job: JobRecord): JobRecord;
  /** Goes on with the jobs that a killed process left behind. What they indexed before is kept and counted. */
  resume(): void;
  /** Leaves the jobs as they are, for the next process. */
  close(): Promise<void>;
}

export function createJobRunner(workshop: Workshop): JobRunner {
  const running = new Map<string, AbortController>();
  const done = new Map<string, Promise<void>>();
  const closing = new AbortController();

  function run(job: JobRecord): void {
    const stopping = new AbortController();
    if (job.status === 'STOPPING') stopping.abort();
    running.set(job.id, stopping);
    const signal = AbortSignal.any([stopping.signal, closing.signal]);
    setMaxListeners(0, signal);
    const work = carryOut(job.id, workshop, { signal, closing: closing.signal }).finally(() => {
      running.delete(job.id);
      done.delete(job.id);
    });
    done.set(job.id, work);
  }

  return {
    run,
    stop(job) {
      const stopping = changed(workshop, job.id, { status: 'STOPPING' });
      running.get(job.id)?.abort();
      return stopping;
    },
    resume: () => workshop.state.jobs.all().filter(isRunning).forEach(run),
    async close() {
      closing.abort();
      await Promise.allSettled(done.values());
    },
  };
}

interface Signals {
  /** Stopped or closing. */
  readonly signal: AbortSignal;
  readonly closing: AbortSignal;
}

async function carryOut(jobId: string, workshop: Workshop, signals: Signals): Promise<void> {
  try {
    // A read that hangs must hold up neither a stop nor a close.
    await Promise.race([work(jobId, workshop, signals.signal), untilAborted(signals.signal)]);
  } catch (error) {
    if (signals.closing.aborted) return;
    if (signals.signal.aborted) await finishStopping(jobId, workshop, signals.closing);
    else changed(workshop, jobId, { status: 'FAILED', failureReasons: [reasonOf(error)] });
  }
}

async function work(jobId: string, workshop: Workshop, signal: AbortSignal): Promise<void> {
  const { timing, faults } = workshop;
  signal.throwIfAborted();
  const fault = faults.takeJobFault();
  if (workshop.state.jobs.get(jobId)?.status === 'STARTING') {
    await timing.clock.wait(timing.startingMs, signal);
  }
  const job = changed(workshop, jobId, { status: 'IN_PROGRESS' });
  if (fault?.kind === 'job-sticks') await untilAborted(signal);
  if (fault?.kind === 'job-fails') throw new Error(fault.reason ?? 'Planned fault: the job fails.');

  const collected = await collectDocuments(job, workshop, signal);
  await timing.clock.wait(job.updatedAt + timing.inProgressMs - timing.clock.now(), signal);
  changed(workshop, jobId, {
    statistics: collected.statistics,
    failureReasons: [...collected.failureReasons],
    status: collected.failureReasons.length > 0 ? 'FAILED' : 'COMPLETE',
  });
}

async function finishStopping(
  jobId: string,
  workshop: Workshop,
  closing: AbortSignal,
): Promise<void> {
  try {
    await workshop.timing.clock.wait(workshop.timing.stoppingMs, closing);
    changed(workshop, jobId, { status: 'STOPPED' });
  } catch (error) {
    if (!closing.aborted) throw error;
  }
}

function changed(workshop: Workshop, jobId: string, change: Partial<JobRecord>): JobRecord {
  const job = workshop.state.jobs.get(jobId);
  if (!job) throw new Error(`Ingestion job "${jobId}" has no record any more.`);
  const updatedAt = workshop.timing.clock.now();
  return workshop.state.jobs.put({ ...job, ...change, updatedAt });
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(new Error('The job was stopped.'));
    signal.addEventListener('abort', () => reject(new Error('The job was stopped.')), {
      once: true,
    });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
