import { readFile } from 'node:fs/promises';
import { failure } from '../../../workflows/failures.ts';

export type Address = ServerAddress | FileAddress;

export interface ServerAddress {
  readonly dialect: 'postgres' | 'mysql';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: Tls | false;
  /** `host:port/database`: what sentences and logs may show. */
  readonly label: string;
}

export interface FileAddress {
  readonly dialect: 'sqlite';
  readonly path: string;
  readonly label: string;
}

interface Tls {
  readonly rejectUnauthorized: boolean;
  /** Certificates of the authority, PEM. */
  readonly ca?: string;
}

const SERVERS: Readonly<Record<string, { dialect: 'postgres' | 'mysql'; port: number }>> = {
  'postgres:': { dialect: 'postgres', port: 5432 },
  'postgresql:': { dialect: 'postgres', port: 5432 },
  'mysql:': { dialect: 'mysql', port: 3306 },
  'mariadb:': { dialect: 'mysql', port: 3306 },
};

/** Reads a resolved URL. No sentence shows it: it may hold a password. @throws InvalidConfig */
export async function parseAddress(url: string): Promise<Address> {
  if (url.startsWith('sqlite:')) return fileAddress(url);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const server = parsed && SERVERS[parsed.protocol];
  if (!server) throw wrong('is not of a known form');
  return serverAddress(parsed, server);
}

function fileAddress(url: string): FileAddress {
  const path = decoded(url.replace(/^sqlite:(\/\/)?/u, ''));
  if (path === '' || path.startsWith(':')) throw wrong('names no file');
  return { dialect: 'sqlite', path, label: path };
}

async function serverAddress(
  url: URL,
  server: { readonly dialect: 'postgres' | 'mysql'; readonly port: number },
): Promise<ServerAddress> {
  // Then a part of the password would stand where host and database are shown.
  if (/[@#]/u.test(`${url.pathname}${url.search}${url.hash}`)) {
    throw wrong(
      'has an unescaped character in its user or password. Write "/", "?", "#" and "@" as "%2F", "%3F", "%23" and "%40"',
    );
  }
  const database = decoded(url.pathname.slice(1));
  if (url.hostname === '') throw wrong('names no host');
  if (database === '') throw wrong('names no database');
  const port = url.port === '' ? server.port : Number(url.port);
  return {
    dialect: server.dialect,
    host: decoded(url.hostname).replace(/^\[|\]$/gu, ''),
    port,
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    tls: await tlsOf(url.searchParams),
    label: `${url.hostname}:${port}/${database}`,
  };
}

/** `require` verifies as well: encryption to an unknown peer protects from nobody who matters. */
async function tlsOf(parameters: URLSearchParams): Promise<Tls | false> {
  if ([...parameters.keys()].some((key) => !['sslmode', 'sslrootcert'].includes(key))) {
    throw wrong('has a parameter that is not known. Known ones: sslmode, sslrootcert');
  }
  const mode = parameters.get('sslmode') ?? 'disable';
  const file = parameters.get('sslrootcert');
  if (mode === 'disable') return false;
  if (mode === 'no-verify') return { rejectUnauthorized: false };
  if (!['require', 'verify-ca', 'verify-full'].includes(mode)) {
    throw wrong(
      'has a "sslmode" that is not known. Known ones: disable, require, verify-full, no-verify',
    );
  }
  return { rejectUnauthorized: true, ...(file === null ? {} : { ca: await certificate(file) }) };
}

async function certificate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw failure(
      'InvalidConfig',
      `The certificate file "${path}" of "sslrootcert" cannot be read. Mend the path or the file's permissions.`,
      { cause },
    );
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('holds a "%" that begins no escape. Write "%25" for a percent sign');
  }
}

function wrong(what: string): Error {
  return failure(
    'InvalidConfig',
    `The "url" of the database ${what}. Use "postgres://user:password@host:5432/database", "mysql://…", "mariadb://…" or "sqlite:path".`,
  );
}
