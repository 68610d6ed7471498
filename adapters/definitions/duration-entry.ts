import { z } from 'zod';
import { DURATION_HINT, parseDuration } from './duration.ts';

/** A time such as `30 minutes`, within bounds that `range` says in words. */
export function duration(minMs: number, maxMs: number, range: string): z.ZodType<string> {
  return z.string().superRefine((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) context.addIssue({ code: 'custom', message: DURATION_HINT });
    else if (ms < minMs || ms > maxMs) {
      context.addIssue({ code: 'custom', message: `Use a time from ${range}.` });
    }
  });
}
