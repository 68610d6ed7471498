import { z } from 'zod';
import type { WebhookDefinition } from '../../workflows/notices/webhook.ts';
import { checkEntry, placeOf } from './entry.ts';
import type { RawEntry } from './files.ts';
import type { DefinitionError, DefinitionNotice } from './finding.ts';
import { firstPlaces } from './first-places.ts';
import type { JsonSchema } from './schema-at.ts';
import { WebhookEntry } from './webhook-entry.ts';

export interface ReadNotifications {
  readonly definitions: readonly WebhookDefinition[];
  readonly errors: readonly DefinitionError[];
  readonly notices: readonly DefinitionNotice[];
}

/** JSON Schema of a webhook: it says which fields hold secrets. */
export const WEBHOOK_SCHEMA: JsonSchema = z.toJSONSchema(WebhookEntry, { io: 'input' });

/** Checks the entries of `notifications` and finds ids that come twice. References to secrets stay. */
export function readNotifications(
  entries: readonly RawEntry[],
  { variables }: { readonly variables: (name: string) => string | undefined },
): ReadNotifications {
  const places = firstPlaces(entries);
  const shape = { zod: WebhookEntry, json: WEBHOOK_SCHEMA, base: [] };
  const read = entries.map((entry) => {
    const found = placeOf(entry, 'webhook');
    const { data, problems, notices } = checkEntry(entry.value, shape, variables);
    const all = [...problems, ...places.doubled(entry)];
    return { data, errors: all.map(found), notices: notices.map(found) };
  });
  return {
    definitions: read.flatMap(({ data }) => data ?? []),
    errors: read.flatMap(({ errors }) => errors),
    notices: read.flatMap(({ notices }) => notices),
  };
}
