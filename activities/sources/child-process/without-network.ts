import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { failure } from '../../../workflows/failures.ts';
import { systemTool } from './system-tool.ts';

/**
 * The words before a command that start it in a network namespace of its own, which has no interface that is up.
 * @throws SandboxUnavailable - this worker may not make one.
 */
export async function withoutNetwork(): Promise<readonly string[]> {
  known ??= find();
  const { prefix, why } = await known;
  if (prefix !== undefined) return prefix;
  throw failure(
    'SandboxUnavailable',
    `The definition says "network: none", but this worker cannot start a program without network: ${why}. Allow user namespaces on its host, or take "network" out.`,
  );
}

interface Found {
  readonly prefix?: readonly string[];
  readonly why: string;
}

/** What a host allows does not change while a worker runs. */
let known: Promise<Found> | undefined;

/** With the right to do so plainly; else in a user namespace, first under the same user id, then under that of root. */
const WAYS = [['--net'], ['--user', '--map-current-user', '--net'], ['--map-root-user', '--net']];

async function find(): Promise<Found> {
  const tool = systemTool('unshare');
  const probe = systemTool('true');
  if (tool === undefined || probe === undefined) return { why: 'it has no program "unshare"' };
  let why = '';
  for (const way of WAYS) {
    try {
      await promisify(execFile)(tool, [...way, '--', probe], { timeout: 5_000, env: {} });
      return { prefix: [tool, ...way, '--'], why: '' };
    } catch (error) {
      why = error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : 'unknown';
    }
  }
  return { why: why.slice(0, 200) };
}
