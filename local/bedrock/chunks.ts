import type { DataSourceRecord } from './state.ts';

/** Cuts a text into passages, always the same ones for the same text. A text of nothing but blanks has none. */
export function chunksOf(text: string, chunking: DataSourceRecord['chunking']): readonly string[] {
  if (text.trim() === '') return [];
  if (chunking.strategy === 'NONE') return [text];
  const words = wordsOf(text);
  const overlapTokens = Math.floor((chunking.maxTokens * chunking.overlapPercentage) / 100);
  const chunks: string[] = [];
  for (let start = 0; start < words.length;) {
    const end = endOfChunk(words, start, chunking.maxTokens);
    chunks.push(text.slice(words[start]?.from, words[end - 1]?.to));
    if (end >= words.length) break;
    start = Math.max(start + 1, startOfOverlap(words, end, overlapTokens));
  }
  return chunks;
}

/** Bedrock's default when a data source names no chunking; the figures are public reports. */
export const DEFAULT_CHUNKING = {
  strategy: 'FIXED_SIZE',
  maxTokens: 300,
  overlapPercentage: 20,
} as const;

interface Word {
  readonly from: number;
  readonly to: number;
  readonly tokens: number;
}

/** Titan Text Embeddings V2 counts 4.7 characters a token in English; short words are one token each. */
const CHARACTERS_PER_TOKEN = 4.7;

/** A word longer than this (a base64 blob, a minified line) is cut, so that a chunk never outgrows its tokens by much. */
const MAX_WORD_CHARACTERS = 100;

function wordsOf(text: string): readonly Word[] {
  const pattern = new RegExp(`\\S{1,${MAX_WORD_CHARACTERS}}`, 'gu');
  return Array.from(text.matchAll(pattern), ({ 0: word, index }) => ({
    from: index,
    to: index + word.length,
    tokens: Math.max(1, Math.ceil(word.length / CHARACTERS_PER_TOKEN)),
  }));
}

/** The word after the last one that fits; one word always does. */
function endOfChunk(words: readonly Word[], start: number, maxTokens: number): number {
  let tokens = 0;
  let end = start;
  for (; end < words.length; end += 1) {
    tokens += words[end]?.tokens ?? 0;
    if (tokens > maxTokens && end > start) return end;
  }
  return end;
}

function startOfOverlap(words: readonly Word[], end: number, overlapTokens: number): number {
  let tokens = 0;
  let start = end;
  while (start > 0) {
    tokens += words[start - 1]?.tokens ?? 0;
    if (tokens > overlapTokens) return start;
    start -= 1;
  }
  return start;
}
