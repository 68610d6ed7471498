import { Client } from 'pg';
import type { Arena } from './arena.ts';
import type { Step } from './fault.ts';
import { until } from './steps/runs.ts';

/**
 * A moment in a repair, by the row that is written there: `stage:proving`, where the stage begins; `move:deployed` and `move:rolled-back`,
 * in the middle of the transaction; `noted`, when the fix is in force and its incident does not know of it yet.
 */
export type Moment = `stage:${string}` | `move:${string}` | 'noted';

/** Keys of advisory locks: one a moment, from here on. */
const FIRST_KEY = 471_100;

interface Holds {
  readonly client: Client;
  readonly keys: Map<Moment, number>;
}

const armed = new WeakMap<Arena, Holds>();

/** Whoever comes to one of these moments waits there, until it is let go on. */
export function arm(...moments: readonly Moment[]): Step {
  return {
    says: `hold up the repair at ${moments.join(', ')}`,
    async act(arena) {
      const holds = armed.get(arena) ?? (await install(arena));
      for (const moment of moments) {
        const key = FIRST_KEY + holds.keys.size;
        holds.keys.set(moment, key);
        await holds.client.query('select pg_advisory_lock($1)', [key]);
        await holds.client.query('insert into chaos_holds values ($1, $2)', [moment, key]);
      }
    },
  };
}

async function install(arena: Arena): Promise<Holds> {
  const client = new Client({ connectionString: arena.databaseUrl, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  arena.defer(() => client.end());
  for (const statement of TRIGGERS) await client.query(statement);
  const holds = { client, keys: new Map<Moment, number>() };
  armed.set(arena, holds);
  return holds;
}

const TRIGGERS = [
  `create table chaos_holds (moment text primary key, key bigint not null)`,
  `create function chaos_wait(at text) returns void language plpgsql as $$
  declare found bigint;
  begin
    select key into found from chaos_holds where moment = at;
    if found is not null then perform pg_advisory_xact_lock_shared(found); end if;
  end $$`,
  `create function chaos_incident() returns trigger language plpgsql as $$
  begin
    if new.stage is distinct from old.stage then perform chaos_wait('stage:' || new.stage); end if;
    if new.repair ? 'deployed' and not old.repair ? 'deployed' then perform chaos_wait('noted'); end if;
    return new;
  end $$`,
  `create function chaos_move() returns trigger language plpgsql as $$
  begin
    perform chaos_wait('move:' || new.move);
    return new;
  end $$`,
  `create trigger chaos_incident before update on incidents for each row execute function chaos_incident()`,
  `create trigger chaos_move before insert on spec_moves for each row execute function chaos_move()`,
];

/** Waits until somebody is held up there, does this, and lets go. */
export function at(moment: Moment, step: Step): Step {
  return {
    says: `at ${moment}: ${step.says}`,
    async act(arena, story) {
      const { client, key } = heldAt(arena, moment);
      await until(() => someoneWaits(client, key), `somebody at ${moment}`);
      await step.act(arena, story);
      await letGo(client, moment, key);
    },
  };
}

function heldAt(arena: Arena, moment: Moment): { readonly client: Client; readonly key: number } {
  const holds = armed.get(arena);
  const key = holds?.keys.get(moment);
  if (!holds || key === undefined) throw new Error(`Nobody is held up at ${moment}.`);
  return { client: holds.client, key };
}

async function someoneWaits(client: Client, key: number): Promise<boolean> {
  const { rows } = await client.query(
    `select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted
      and database = (select oid from pg_database where datname = current_database())`,
    [key],
  );
  return rows.length > 0;
}

async function letGo(client: Client, moment: Moment, key: number): Promise<void> {
  await client.query('delete from chaos_holds where moment = $1', [moment]);
  await client.query('select pg_advisory_unlock($1)', [key]);
}
