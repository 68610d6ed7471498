import type { Person, Verdict, VerdictKind } from './request.ts';
import { oneLine } from './words.ts';

/**
 * Reads a verdict out of whatever came: anybody can send a message, with anything in it. Undefined for what is none; never throws.
 * Texts are cut and cleaned, so that what is kept stays small and cannot draw on a terminal.
 */
export function parseVerdict(value: unknown): Verdict | undefined {
  const fields = recordOf(value);
  if (!fields) return undefined;
  const requestId = nameOf(fields['requestId']);
  const digest = nameOf(fields['digest']);
  const decisionId = nameOf(fields['decisionId']);
  const verdict = VERDICTS.find((one) => one === fields['verdict']);
  const by = parsePerson(fields['by']);
  if (!requestId || !digest || !decisionId || !verdict || !by) return undefined;
  const reasonClass = nameOf(fields['reasonClass']);
  const reason = textOf(fields['reason'], MAX_REASON);
  return {
    requestId,
    digest,
    verdict,
    decisionId,
    by,
    ...(reasonClass ? { reasonClass } : {}),
    ...(reason ? { reason } : {}),
  };
}

/** A wish for more time; the same promises as `parseVerdict`. */
export interface Extension {
  readonly requestId: string;
  readonly by: Person;
  /** How much later the deadline shall be, 0 exclusive to 168. */
  readonly hours: number;
}

export function parseExtension(value: unknown): Extension | undefined {
  const fields = recordOf(value);
  const requestId = nameOf(fields?.['requestId']);
  const by = parsePerson(fields?.['by']);
  const hours = fields?.['hours'];
  if (!requestId || !by || typeof hours !== 'number' || !(hours > 0 && hours <= MAX_HOURS))
    return undefined;
  return { requestId, by, hours };
}

/** Says what a verdict needs, for those who sent something else. */
export const VERDICT_SHAPE =
  'A decision needs requestId, digest, verdict (approve, reject or request-changes), decisionId and by with provider (cli, api, slack or github) and user; copy the command from the details of the workflow.';

const VERDICTS: readonly VerdictKind[] = ['approve', 'reject', 'request-changes'];
const PROVIDERS: readonly Person['provider'][] = ['slack', 'github', 'cli', 'api'];
const MAX_NAME = 200;
const MAX_REASON = 500;
/** Seven days: longer, and nobody remembers the question. */
const MAX_HOURS = 168;

function parsePerson(value: unknown): Person | undefined {
  const fields = recordOf(value);
  const provider = PROVIDERS.find((one) => one === fields?.['provider']);
  const user = nameOf(fields?.['user']);
  if (!provider || !user) return undefined;
  const team = nameOf(fields?.['team']);
  return { provider, user, ...(team ? { team } : {}) };
}

/** The fields of a map; undefined for everything else. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}

/** An id or a name is never cut: two long ones must not become the same. */
export function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_NAME) return undefined;
  return oneLine(value) || undefined;
}

/** Words for people: cut, and cleaned. */
export function textOf(value: unknown, limit: number): string | undefined {
  return typeof value === 'string' ? oneLine(value.slice(0, limit)) || undefined : undefined;
}
