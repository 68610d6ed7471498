import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confinedCommand } from '../../../../activities/sources/child-process/confined-command.ts';
import { systemTool } from '../../../../activities/sources/child-process/system-tool.ts';
import { withoutNetwork } from '../../../../activities/sources/child-process/without-network.ts';
import { textOf, withReading } from './reading.ts';

const EMITTER = fileURLToPath(new URL('../../../fakes/emitter.ts', import.meta.url));
const { read } = withReading();
const emit = (...args: string[]): string[] => [process.execPath, EMITTER, ...args];

const hasTool = systemTool('prlimit') !== undefined;
if (!hasTool) console.warn('SKIPPED: this host has no "prlimit".');

describe.skipIf(!hasTool)('S7, F33: limits that the kernel keeps', () => {
  test('a file beyond its limit ends the run cleanly; what stood before it is kept', async () => {
    const { ids, error, listing } = await read({
      command: emit('writes-large'),
      limits: { fileBytes: 1_000_000 },
      fullListing: true,
    });

    expect(ids).toStrictEqual(['before']);
    expect(error).toMatchObject({
      type: 'ScriptError',
      details: [{ stderrTail: expect.stringContaining('EFBIG') }],
    });
    expect(listing).toBeUndefined();
  });

  test('the sentence about a signal of a limit names the limit', async () => {
    const { error } = await read({
      command: [
        'python3',
        '-c',
        'import signal,os; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open("f","wb").write(b"x"*5000000)',
      ],
      limits: { fileBytes: 1_000_000 },
    });

    expect(error).toMatchObject({
      type: 'ScriptError',
      message: expect.stringContaining('"limits.fileBytes"'),
    });
  });

  test('too many open files end the run cleanly', async () => {
    const { ids, error } = await read({ command: emit('opens-many'), limits: { openFiles: 64 } });

    expect(ids).toStrictEqual(['before']);
    expect(error).toMatchObject({
      type: 'ScriptError',
      details: [{ stderrTail: expect.stringContaining('EMFILE') }],
    });
  });

  test('memory beyond its limit ends the run cleanly', async () => {
    const { ids, error } = await read({
      command: emit('eats-memory'),
      limits: { memoryBytes: 1_000_000_000 },
    });

    expect(ids).not.toContain('after');
    expect(error).toMatchObject({ type: 'ScriptError' });
  });

  test('processor time beyond its limit ends the run, and the sentence says which', async () => {
    const { ids, error } = await read({ command: emit('burns-time'), limits: { cpuSeconds: 1 } });

    expect(ids).toStrictEqual(['before']);
    expect(error).toMatchObject({
      type: 'ScriptError',
      message: expect.stringContaining('"limits.cpuSeconds"'),
      details: [{ signal: 'SIGXCPU' }],
    });
  });

  test('without any limit of the definition the defaults hold, and never more than the host allows', async () => {
    const command = await confinedCommand(['/bin/true'], {});

    expect(command).toContain('--core=0');
    expect(command.find((one) => one.startsWith('--fsize='))).toBe(`--fsize=${4 * 1024 ** 3}`);
    expect(Number(command.find((one) => one.startsWith('--nofile='))?.slice(9))).toBeLessThan(4097);
  });

  test('a program that cannot be executed is InvalidConfig, though another one started it', async () => {
    const { error } = await read({
      command: [fileURLToPath(new URL('no-such-interpreter.sh', FILES))],
    });

    expect(error).toMatchObject({ type: 'InvalidConfig' });
  });
});

const FILES = new URL('../../../fakes/', import.meta.url);

const canIsolate = await withoutNetwork().then(
  () => true,
  (error: unknown) => String(error),
);
if (canIsolate !== true) console.warn(`SKIPPED: ${canIsolate}`);

describe('S7: no network', () => {
  let server: Server;
  let hits = 0;
  let port = '';
  beforeAll(async () => {
    server = createServer((_request, response) => {
      hits += 1;
      response.end('here');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    port = String((server.address() as AddressInfo).port);
  });
  afterAll(() => void server.close());

  test.skipIf(canIsolate !== true)(
    'a script with "network: none" reaches nobody, one without does',
    async () => {
      const isolated = await read({ command: emit('connects', port), network: 'none' });
      const hitsBefore = hits;
      const open = await read({ command: emit('connects', port) });

      expect(textOf(isolated.documents, 'connection')).toContain('failed');
      expect(hitsBefore).toBe(0);
      expect(textOf(open.documents, 'connection')).toBe('answered 200');
    },
  );

  test.skipIf(canIsolate === true)(
    'a host that cannot take it away refuses, and says so',
    async () => {
      const { error } = await read({ command: emit('good'), network: 'none' });

      expect(error).toMatchObject({
        type: 'SandboxUnavailable',
        message: expect.stringContaining('"network: none"'),
      });
    },
  );
});
