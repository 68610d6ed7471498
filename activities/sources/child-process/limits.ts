import { z } from 'zod';

const Count = z.int().min(1);

/** The fields of a config that bound what a child process may use. */
export const ChildLimits = {
  limits: z.exactOptional(
    z
      .strictObject({
        memoryBytes: z.exactOptional(
          Count.describe(
            'Most memory of each process, in bytes of its own data. Programs with a large runtime need some: Node about 1 GB, Python 100 MB.',
          ),
        ),
        cpuSeconds: z.exactOptional(Count.describe('Most processor time of each process.')),
        fileBytes: z.exactOptional(
          Count.describe('Largest file that it may write. Default: 4 GiB.'),
        ),
        openFiles: z.exactOptional(
          Count.describe('Most files and connections that a process may have open. Default: 4096.'),
        ),
      })
      .describe('Bounds of the program, kept by the kernel. They need "prlimit" on the worker.'),
  ),
  network: z.exactOptional(
    z
      .enum(['host', 'none'])
      .describe(
        '"none" starts the program without any network; a worker that cannot do that refuses. Default: "host".',
      ),
  ),
};

export interface ChildLimitsConfig {
  readonly limits?: {
    readonly memoryBytes?: number;
    readonly cpuSeconds?: number;
    readonly fileBytes?: number;
    readonly openFiles?: number;
  };
  readonly network?: 'host' | 'none';
}
