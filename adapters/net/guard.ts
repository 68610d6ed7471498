import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { failure } from '../../workflows/failures.ts';
import { isPublicAddress } from './address.ts';

/** Decides which outside places may be reached: one guard for every request, redirect, crawl and browser of the product. */
export interface Guard {
  /**
   * Judges what the URL itself says, after WHATWG parsing, so that `http://0x7f.1` is seen as the address that it is.
   * @throws PolicyDenied - scheme, user name, port or literal address is not allowed. Names the host and the setting.
   */
  checkUrl(url: URL): void;
  /** Is the host (with this port) one that the operator named? `port` is empty for the scheme's own. */
  isAllowed(url: Pick<URL, 'hostname' | 'port' | 'protocol'>): boolean;
  /**
   * A `lookup` for `net.connect`: it answers only if *every* address of the name is public, and the socket connects to one of just
   * these. Node calls no lookup for literal addresses: `checkUrl` must have judged those.
   */
  readonly lookupPublic: Lookup;
  /** The same without the condition, for what `isAllowed`. */
  readonly lookupAllowed: Lookup;
}

export type Lookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => void;

type LookupCallback = (
  error: Error | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

export interface GuardOptions {
  /** `name` (any port of it) or `name:port`, exactly as URLs name the host; IPv6 with or without brackets. */
  readonly allowedHosts: readonly string[];
  /** A closed list, where only these places may be reached; written as `allowedHosts`. It opens nothing internal. */
  readonly onlyHosts?: OnlyHosts;
  /** Looks a name up. Default: the system's resolver. Tests put a rebinding one here. */
  readonly resolve?: typeof systemLookup;
}

export interface OnlyHosts {
  readonly hosts: readonly string[];
  /** Where they are listed, for the sentence of a refusal. */
  readonly setting: string;
}

/** Makes the guard of a worker from what its operator allows. */
export function createGuard({
  allowedHosts,
  onlyHosts,
  resolve = systemLookup,
}: GuardOptions): Guard {
  const isAllowed = matcher(allowedHosts);
  const isListed = onlyHosts ? matcher(onlyHosts.hosts) : () => true;
  return {
    isAllowed,
    checkUrl(url) {
      checkUrl(url, isAllowed(url));
      if (!isListed(url)) throw unlistedHost(url, onlyHosts?.setting ?? '');
    },
    lookupPublic: lookupWith(resolve, (hostname, addresses) =>
      addresses.every((one) => isPublicAddress(one.address)) ? null : refusedAddress(hostname),
    ),
    lookupAllowed: lookupWith(resolve, () => null),
  };
}

function matcher(hosts: readonly string[]): Guard['isAllowed'] {
  const entries = hosts.map(parseEntry);
  return ({ hostname, port, protocol }) =>
    entries.some(
      (entry) =>
        entry.host === bare(hostname) &&
        (entry.port === undefined || entry.port === (port || DEFAULT_PORTS.get(protocol))),
    );
}

function lookupWith(
  resolve: typeof systemLookup,
  judge: (hostname: string, addresses: readonly LookupAddress[]) => Error | null,
): Lookup {
  return (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const refusal = error ?? judge(hostname, addresses);
      if (refusal) return callback(refusal, []);
      const [first] = addresses;
      if (options.all === true || !first) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
}

function checkUrl(url: URL, allowed: boolean): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw failure(
      'PolicyDenied',
      `The address "${shown(url)}" has the scheme "${url.protocol}". Only http and https are fetched.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw failure(
      'PolicyDenied',
      `The address of host "${url.host}" carries a user name or password. Put credentials into "headers" instead.`,
    );
  }
  if (allowed) return;
  if (!PORTS.has(url.port)) {
    throw failure(
      'PolicyDenied',
      `Port ${url.port} of host "${url.hostname}" is not allowed. Use 80, 443, 8080 or 8443, or let the operator add "${url.host}" to WELLSPRING_ALLOWED_HOSTS.`,
    );
  }
  const host = bare(url.hostname);
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw refusedAddress(host);
}

/** Shows no query: it may hold a token. */
function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`.slice(0, 200);
}

function refusedAddress(host: string): Error {
  return failure(
    'PolicyDenied',
    `Host "${host}" is or resolves to an internal address, which sources may not reach. If this is meant, let the operator add "${host}" to WELLSPRING_ALLOWED_HOSTS.`,
  );
}

function unlistedHost({ host }: URL, setting: string): Error {
  return failure(
    'PolicyDenied',
    `Host "${host}" is not among those of "${setting}". Add it there if it may be read.`,
  );
}

function parseEntry(entry: string): { readonly host: string; readonly port?: string } {
  const text = entry.trim().toLowerCase();
  if (isIP(text) !== 0) return { host: bare(text) };
  const match = /^(.+?)(?::(\d{1,5}))?$/.exec(text);
  const host = bare(match?.[1] ?? text);
  return match?.[2] === undefined ? { host } : { host, port: match[2] };
}

/** Without brackets and trailing dot: `[::1]` and `::1`, `intranet.` and `intranet` are the same host. */
function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http:', '80'],
  ['https:', '443'],
]);

/** What a public web site may listen on; the empty port is the scheme's own. */
const PORTS: ReadonlySet<string> = new Set(['', '80', '443', '8080', '8443']);
