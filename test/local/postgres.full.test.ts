import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { choosePort } from '../../local/ports.ts';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

const KILLS = 20;

test('nothing that was acknowledged is lost in twenty kills in the midst of writing', async () => {
  await using folder = await temporaryFolder();
  const acknowledged: number[] = [];

  for (let kill = 0; kill < KILLS; kill += 1) {
    const server = await start(folder.path);
    const writing = write(server.url, acknowledged);
    await sleep(50 + 17 * kill);
    process.kill(serverPid(folder.path), 'SIGKILL');
    await Promise.all([writing, server.stop()]);
  }
  const last = await start(folder.path);
  const kept = await keptNumbers(last.url);
  await last.stop();

  expect(acknowledged.length).toBeGreaterThan(KILLS);
  expect(acknowledged.filter((n) => !kept.has(n))).toEqual([]);
}, 300_000);

async function start(folder: string): Promise<RunningPostgres> {
  const { port } = await choosePort(0);
  const logFile = join(folder, 'postgres.log');
  return startPostgres({ home: join(folder, 'home'), port, logFile, databases: ['kept'] });
}

/** Writes one row after the other until the server dies. */
async function write(url: string, acknowledged: number[]): Promise<void> {
  const client = await connect(url);
  try {
    await client.query('create table if not exists kept (n int primary key)');
    for (;;) {
      const n = acknowledged.length;
      await client.query('insert into kept values ($1) on conflict do nothing', [n]);
      acknowledged.push(n);
    }
  } catch {
    // The server was killed: that is the test.
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function keptNumbers(url: string): Promise<ReadonlySet<number>> {
  const client = await connect(url);
  const { rows } = await client.query<{ n: number }>('select n from kept');
  await client.end();
  return new Set(rows.map(({ n }) => n));
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function serverPid(folder: string): number {
  const file = join(folder, 'home', 'data', 'postmaster.pid');
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}
