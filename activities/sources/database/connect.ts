import { parseAddress } from './address.ts';
import type { Session } from './dialect.ts';
import { connectMysql } from './mysql.ts';
import { connectPostgres } from './postgres.ts';
import { connectSqlite } from './sqlite.ts';

/** Opens the database of a resolved URL. @throws SourceUnavailable, AuthExpired, AccessDenied, InvalidConfig */
export async function connect(url: string, signal: AbortSignal): Promise<Session> {
  const address = await parseAddress(url);
  if (address.dialect === 'sqlite') return connectSqlite(address, signal);
  return address.dialect === 'postgres'
    ? connectPostgres(address, signal)
    : connectMysql(address, signal);
}
