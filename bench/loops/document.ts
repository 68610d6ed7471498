import { createHash } from 'node:crypto';
import type { Article } from './rows.ts';

/** What the collected run put into its sidecars and a loop cannot know by itself. */
export interface Provenance {
  readonly source: string;
  readonly typeVersion: string;
  readonly configSig: string;
  readonly collectedAt: number;
}

export interface LoopDocument {
  readonly key: string;
  readonly hash: string;
  readonly content: string;
  readonly sidecar: string;
}

/** Content and sidecar of a row, written by hand for this one table; the bench compares every byte with what the product writes. */
export function documentOf(row: Article, from: Provenance): LoopDocument {
  const id = `["${row.id}"]`;
  const hash = sha256(id);
  const key = `default/database/articles/${from.source}/${hash.slice(0, 2)}/${hash.slice(0, 32)}.md`;
  return {
    key,
    hash,
    content: `${row.summary}\n\n${row.content}\n`,
    sidecar: sidecarOf(row, id, from),
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sidecarOf(row: Article, id: string, from: Provenance): string {
  return JSON.stringify({
    metadataAttributes: {
      tenant: text('default'),
      source: text(from.source),
      source_type: text('database'),
      category: text('database/articles'),
      doc_id: text(id),
      title: text(row.title, true),
      url: text(`https://kb.example.com/articles/${row.id}`),
      modified_at: number(Math.floor(row.updated_at.getTime() / 1000)),
      type_version: text(from.typeVersion),
      config_sig: text(from.configSig.slice(0, 16)),
      x_section: text(row.section),
      collected_at: number(from.collectedAt),
    },
  });
}

function text(stringValue: string, includeForEmbedding = false) {
  return { value: { type: 'STRING', stringValue }, includeForEmbedding };
}

function number(numberValue: number) {
  return { value: { type: 'NUMBER', numberValue }, includeForEmbedding: false };
}
