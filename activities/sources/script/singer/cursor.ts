import { z } from 'zod';
import type { ScriptState } from '../config.ts';

const Cursor = z.object({
  state: z.exactOptional(z.string()),
  versions: z.record(z.string(), z.string()).default({}),
});

/** What is kept between two reads of a tap. */
export interface SingerCursor {
  /** The state as the tap wrote it, as JSON text: PostgreSQL would round its large numbers. Absent before the first one. */
  readonly state?: string;
  /** The last version of each stream that the tap has named. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The cursor of an earlier read; that of the first read holds nothing. */
export function singerCursor(from: ScriptState): SingerCursor {
  const parsed = Cursor.safeParse(from);
  return parsed.success ? parsed.data : { versions: {} };
}
