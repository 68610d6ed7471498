import { failure } from '../workflows/failures.ts';

/**
 * A worker without room, by the error number of its system: retried, and nobody's source is to blame. Undefined for any other error.
 * QuotaExceeded - the disk is full, or files, memory or processes have run out.
 */
export function hostFailure(error: unknown): ReturnType<typeof failure> | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const sentence = SENTENCES.get(code);
  if (sentence === undefined) return undefined;
  return failure('QuotaExceeded', `${sentence} (${code}).`, {
    cause: error,
    details: { code },
    platform: true,
  });
}

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'A disk of the worker is full; make room in its temporary folder'],
  ['EDQUOT', 'The worker has used up its share of a disk; make room in its temporary folder'],
  ['EMFILE', 'The worker has no open files left; raise its limit (ulimit -n)'],
  ['ENFILE', 'The host of the worker has no open files left; raise fs.file-max'],
  ['ENOMEM', 'The worker has no memory left; give it more, or let it run less at once'],
  ['EAGAIN', 'The worker can start no more processes; raise its limit (ulimit -u)'],
]);
