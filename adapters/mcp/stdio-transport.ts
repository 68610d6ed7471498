import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  deserializeMessage,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { failure } from '../../workflows/failures.ts';
import { readLines } from '../child-process/lines.ts';
import { hostFailure } from '../host-failure.ts';
import {
  startGroup,
  type GroupOptions,
  type ProcessGroup,
} from '../child-process/process-group.ts';

export interface StdioServer extends Omit<GroupOptions, 'stdin'> {
  /** A longer message is dropped unread and announced by `onOversize`. */
  readonly maxMessageBytes: number;
  readonly onOversize: () => void;
  /** Takes the standard error of the server, which must be read to its end. */
  readonly onErrorOutput: (stream: Readable) => void;
}

/**
 * Speaks with an MCP server over the pipes of a child process. The SDK's own transport ends only the process that it started; here the
 * server is a process group, so that wrappers and helpers end with it. Lines that are no message (logs of careless servers) are skipped.
 */
export function stdioTransport(server: StdioServer): Transport {
  let group: ProcessGroup | undefined;
  const transport: StdioShaped = {
    pid: null,
    stderr: null,
    async start() {
      group = await startGroup({ ...server, stdin: 'pipe' }).catch((error: unknown) => {
        throw notStarted(server, error);
      });
      transport.pid = group.pid;
      server.onErrorOutput(group.stderr);
      void receive(group.stdout, server, transport);
    },
    async send(message) {
      if (group?.stdin?.writable !== true)
        throw new Error('The MCP server takes no input any more.');
      await write(group.stdin, message);
    },
    async close() {
      if (group !== undefined) await end(group);
    },
  };
  return transport;
}

/** The SDK knows a stdio transport by these two keys, and then falls back to the older protocol when nothing answers its probe. */
interface StdioShaped extends Transport {
  pid: number | null;
  readonly stderr: null;
}

function notStarted({ command, cwd }: StdioServer, cause: unknown): Error {
  const ours = hostFailure(cause);
  if (ours) return ours;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return failure(
    'InvalidConfig',
    `The MCP server "${command}" could not be started in "${cwd}" (${code}). Look whether both exist and may be used by the worker.`,
    { cause },
  );
}

async function receive(
  stdout: Readable,
  { maxMessageBytes, onOversize }: StdioServer,
  transport: StdioShaped,
): Promise<void> {
  const limits = { maxLineBytes: maxMessageBytes, maxTotalBytes: Number.POSITIVE_INFINITY };
  for await (const line of readLines(stdout, limits)) {
    if (line.kind === 'too-long') onOversize();
    const message = line.kind === 'line' ? messageIn(line.text) : undefined;
    if (message !== undefined) transport.onmessage?.(message);
  }
  transport.onclose?.();
}

function messageIn(text: string): JSONRPCMessage | undefined {
  try {
    return deserializeMessage(text);
  } catch {
    return undefined;
  }
}

function write(stdin: NonNullable<ProcessGroup['stdin']>, message: JSONRPCMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    stdin.write(serializeMessage(message), (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** The order of the MCP specification: end of input, SIGTERM, SIGKILL. */
async function end(group: ProcessGroup): Promise<void> {
  group.stdin?.end();
  await Promise.race([group.exited, sleep(POLITE_MS, undefined, { ref: false })]);
  await group.end();
  await group.exited;
}

const POLITE_MS = 500;
