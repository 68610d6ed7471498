/** The rules of one robots.txt, by RFC 9309. */
export interface Robots {
  /** May `agent` fetch the URL? `agent` is a product token or a whole User-Agent, of which the first token counts. */
  allows(agent: string, url: string): boolean;
  /** The line that decides about the URL, as `Disallow: /private/`; undefined when none does, which allows. */
  lineFor(agent: string, url: string): string | undefined;
  /** `Crawl-delay` for this agent in milliseconds: outside of the RFC, but asked for by many. */
  crawlDelayMs(agent: string): number | undefined;
  /** The addresses of all `Sitemap:` lines, as written. */
  readonly sitemaps: readonly string[];
}

/** Parses the first 500 KiB, as the RFC's section 2.5 allows. Never fails: what cannot be read is no rule. */
export function parseRobots(text: string | Buffer): Robots {
  const lines = linesOf(text);
  const groups = groupsOf(lines);
  return {
    allows: (agent, url) => isAllowed(groupFor(groups, agent).rules, pathOf(url)),
    lineFor(agent, url) {
      const rule = decisiveRule(groupFor(groups, agent).rules, pathOf(url));
      return rule && `${rule.allow ? 'Allow' : 'Disallow'}: ${rule.pattern}`;
    },
    crawlDelayMs: (agent) => groupFor(groups, agent).crawlDelayMs,
    sitemaps: lines.flatMap(({ key, value }) => (key === 'sitemap' && value !== '' ? [value] : [])),
  };
}

interface Line {
  readonly key: string;
  readonly value: string;
}

interface Group {
  readonly agents: readonly string[];
  readonly rules: readonly Rule[];
  readonly crawlDelayMs?: number;
}

interface Rule {
  readonly allow: boolean;
  readonly pattern: string;
}

function linesOf(text: string | Buffer): Line[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const decoded = bytes.subarray(bomLength(bytes), MAX_BYTES).toString('utf8');
  return decoded.split(/\r\n|\n|\r/).flatMap((raw) => {
    const line = raw.replace(/#.*$/s, '');
    const colon = line.indexOf(':');
    if (colon < 0) return [];
    const key = line.slice(0, colon).trim().toLowerCase();
    return [{ key, value: line.slice(colon + 1).trim() }];
  });
}

/** A partial mark is skipped, too: editors that cut files leave them. */
function bomLength(bytes: Buffer): number {
  const mark = [0xef, 0xbb, 0xbf];
  const differs = mark.findIndex((byte, index) => bytes[index] !== byte);
  return differs < 0 ? mark.length : differs;
}

/** A group is a run of user-agent lines and the rules after it. Other lines do not end it. */
function groupsOf(lines: readonly Line[]): Group[] {
  const groups: { agents: string[]; rules: Rule[]; crawlDelayMs?: number }[] = [];
  let collectsAgents = false;
  for (const { key, value } of lines) {
    const group = groups.at(-1);
    if (key === 'user-agent') {
      if (collectsAgents && group) group.agents.push(value.toLowerCase());
      else groups.push({ agents: [value.toLowerCase()], rules: [] });
      collectsAgents = true;
    } else if ((key === 'allow' || key === 'disallow') && group) {
      collectsAgents = false;
      if (value !== '') group.rules.push({ allow: key === 'allow', pattern: normalised(value) });
    } else if (key === 'crawl-delay' && group) {
      collectsAgents = false;
      const seconds = Number(value);
      if (value !== '' && seconds >= 0) group.crawlDelayMs ??= Math.min(seconds * 1000, DAY_MS);
    }
  }
  return groups;
}

/** All groups that name the agent count as one; without any, those of `*`. */
function groupFor(groups: readonly Group[], agent: string): Group {
  const token = productToken(agent);
  const named = token === '' ? [] : groups.filter((group) => group.agents.includes(token));
  const chosen = named.length > 0 ? named : groups.filter((group) => group.agents.includes('*'));
  const delay = chosen.find((group) => group.crawlDelayMs !== undefined)?.crawlDelayMs;
  return {
    agents: [token],
    rules: chosen.flatMap((group) => group.rules),
    ...(delay === undefined ? {} : { crawlDelayMs: delay }),
  };
}

function productToken(agent: string): string {
  return /^[a-z_-]+/.exec(agent.trim().toLowerCase())?.[0] ?? '';
}

/** The longest pattern that matches decides; of two as long, the one that allows. */
function decisiveRule(rules: readonly Rule[], path: string): Rule | undefined {
  let best: Rule | undefined;
  for (const rule of rules) {
    const longer = rule.pattern.length - (best?.pattern.length ?? -1);
    const wins = longer > 0 || (longer === 0 && rule.allow);
    if (wins && matches(rule.pattern, path)) best = rule;
  }
  return best;
}

function isAllowed(rules: readonly Rule[], path: string): boolean {
  return path === '/robots.txt' || (decisiveRule(rules, path)?.allow ?? true);
}

/** `*` covers anything, a `$` at the end is the end. In linear time: each part is looked for after the one before it. */
function matches(pattern: string, path: string): boolean {
  const anchored = pattern.endsWith('$');
  const [first = '', ...parts] = (anchored ? pattern.slice(0, -1) : pattern).split('*');
  if (!path.startsWith(first)) return false;
  if (parts.length === 0) return !anchored || path === first;
  const last = anchored ? parts.pop() : undefined;
  let at = first.length;
  for (const part of parts) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return last === undefined || (path.endsWith(last) && path.length - last.length >= at);
}

/** Path and query, encoded alike on both sides: unreserved octets bare, everything else as upper-case `%XX`. */
function pathOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed) return normalised(`${parsed.pathname}${parsed.search}`);
  const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  return normalised(path.startsWith('/') ? path : `/${path}`);
}

function normalised(path: string): string {
  const encoded = path.replace(/[^\u0021-\u007e]+/g, (text) =>
    encodeURIComponent(text.toWellFormed()),
  );
  return encoded.replace(/%[0-9a-f]{2}/gi, (octet) => {
    const character = String.fromCodePoint(Number.parseInt(octet.slice(1), 16));
    return /[a-z0-9._~-]/i.test(character) ? character : octet.toUpperCase();
  });
}

const MAX_BYTES = 500 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
