import { nameOf, recordOf, textOf } from '../approval/parse.ts';
import { isFailureName } from '../failures.ts';
import type {
  Guidance,
  KillOrder,
  PersonsOrder,
  ReportedIncident,
  RollbackOrder,
} from './messages.ts';

// Anybody can send a message, with anything in it. Undefined for what is none of ours; never throws.

export function parseIncident(value: unknown): ReportedIncident | undefined {
  const fields = recordOf(value);
  const incident = nameOf(fields?.['incident']);
  const failure = fields?.['failure'];
  return incident && isFailureName(failure) ? { incident, failure } : undefined;
}

export function parseRollback(value: unknown): RollbackOrder | undefined {
  const incident = nameOf(recordOf(value)?.['incident']);
  const order = parseOrder(value);
  return incident && order ? { ...order, incident } : undefined;
}

export function parseKill(value: unknown): KillOrder | undefined {
  const on = recordOf(value)?.['on'];
  const order = parseOrder(value);
  return order && typeof on === 'boolean' ? { ...order, on } : undefined;
}

/** At most this much of what a person knows; in bytes, because history counts them. */
const MAX_GUIDANCE_BYTES = 4096;

export function parseGuidance(value: unknown): Guidance | undefined {
  const fields = recordOf(value);
  const incident = nameOf(fields?.['incident']);
  const decisionId = nameOf(fields?.['decisionId']);
  const order = parseOrder(value);
  const text = fields?.['text'];
  if (!incident || !decisionId || !order || typeof text !== 'string') return undefined;
  if (text.length > MAX_GUIDANCE_BYTES) return undefined;
  const words = text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\n\t]/gu, ' ')
    .trim();
  if (words === '' || bytesOf(words) > MAX_GUIDANCE_BYTES) return undefined;
  return { ...order, incident, decisionId, text: words };
}

export const GUIDANCE_SHAPE =
  'Guidance needs incident, decisionId, by, and text of at most 4 KB: lines "field: selector", or words; copy the command from the details of the workflow.';

function parseOrder(value: unknown): PersonsOrder | undefined {
  const fields = recordOf(value);
  const by = nameOf(fields?.['by']);
  return by ? { by, reason: textOf(fields?.['reason'], MAX_REASON) ?? '' } : undefined;
}

const MAX_REASON = 500;

function bytesOf(text: string): number {
  return encodeURIComponent(text).replaceAll(/%[\dA-F]{2}/g, '.').length;
}
