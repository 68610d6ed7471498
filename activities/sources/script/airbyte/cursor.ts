import { z } from 'zod';
import type { ScriptState } from '../config.ts';
import { jsonText } from '../exact-json.ts';
import { labelOf } from './label.ts';
import type { MessageOf } from './messages.ts';

type State = MessageOf<'STATE'>['state'];

const Cursor = z.object({
  legacy: z.exactOptional(z.string()),
  global: z.exactOptional(z.string()),
  streams: z.record(z.string(), z.string()).default({}),
});

/** The states of a source as JSON texts: PostgreSQL would round their large numbers. */
export type AirbyteCursor = Readonly<z.infer<typeof Cursor>>;

/** The cursor of an earlier read; that of the first read holds nothing. */
export function airbyteCursor(from: ScriptState): AirbyteCursor {
  const parsed = Cursor.safeParse(from);
  return parsed.success ? parsed.data : { streams: {} };
}

/** The cursor after one STATE message; undefined for a message that is none of the three types. */
export function withState(cursor: AirbyteCursor, state: State): AirbyteCursor | undefined {
  if (state.stream) {
    const label = labelOf(state.stream.stream_descriptor);
    return { ...cursor, streams: { ...cursor.streams, [label]: jsonText(state) } };
  }
  if (state.global) return { ...cursor, global: jsonText(state) };
  return state.data === undefined || state.data === null
    ? undefined
    : { ...cursor, legacy: jsonText(state.data) };
}

/** What the source reads as `--state`; undefined before the first one. */
export function stateFile({ legacy, global, streams }: AirbyteCursor): string | undefined {
  if (global !== undefined) return `[${global}]`;
  const all = Object.values(streams);
  return all.length > 0 ? `[${all.join(',')}]` : legacy;
}
