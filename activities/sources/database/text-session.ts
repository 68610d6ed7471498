import type { Column, Relation, Session, Words } from './dialect.ts';

/** A statement's answer as the server wrote it: every value as text. */
export type TextAnswer = { readonly rows: readonly (readonly (string | null)[])[] };

/** What a server that answers in texts has of its own; the rest of a session is the same for all of them. */
export interface TextDialect extends Pick<Session, 'relation' | 'streams'> {
  readonly words: Words;
  readonly ask: (text: string, values?: readonly string[]) => Promise<TextAnswer>;
  /** The database's clock in the type of the column; undefined where the column is no time. */
  clock(cursor: Column): string | undefined;
  /** A SELECT of a time (first value) less some seconds (second value), in the type of the column. */
  earlier(cursor: Column): string;
  readonly close: () => Promise<void>;
}

/** The session of a server that answers in texts. */
export function textSession({ ask, words, ...dialect }: TextDialect): Session {
  const one = async (text: string, values: readonly string[] = []): Promise<string | null> => {
    const { rows } = await ask(text, values);
    return rows[0]?.[0] ?? null;
  };
  return {
    words,
    relation: dialect.relation,
    streams: dialect.streams,
    async rows(statement, selected) {
      const { rows } = await ask(statement.text, statement.values);
      return rows.map((row) =>
        row.map((text, index) =>
          text === null ? null : { kind: selected[index]?.kind ?? 'text', text },
        ),
      );
    },
    upperBound: (relation, cursor) =>
      one(`SELECT ${dialect.clock(cursor) ?? greatest(words, relation, cursor)}`),
    async lowerBound(cursor, watermark, lagMs) {
      if (dialect.clock(cursor) === undefined) return watermark;
      const seconds = String(lagMs / 1000);
      return (await one(dialect.earlier(cursor), [watermark, seconds])) ?? watermark;
    },
    [Symbol.asyncDispose]: dialect.close,
  };
}

function greatest(words: Words, { from }: Relation, cursor: Column): string {
  return `max(src.${words.quote(cursor.name)}) FROM ${from}`;
}
