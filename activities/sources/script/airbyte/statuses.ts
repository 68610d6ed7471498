import type { Ending } from '../dialect.ts';
import type { ConfiguredStream } from './catalog.ts';

/** What a source has said about the end of each stream. */
export interface StatusLedger {
  set(label: string, status: string): void;
  /**
   * COMPLETE of every stream is a complete listing if all of them were read whole; increments show changes alone. A stream that was left
   * INCOMPLETE is told in any mode.
   */
  listing(streams: readonly ConfiguredStream[], fullListing: boolean): Ending['listing'];
}

export function statusLedger(): StatusLedger {
  const last = new Map<string, string>();
  return {
    set: (label, status) => void last.set(label, status),
    listing(streams, fullListing) {
      const broken = streams.find(({ label }) => last.get(label) === 'INCOMPLETE');
      if (broken) return gap(`the stream "${broken.label}" was not read to its end`);
      if (streams.some(({ mode }) => mode === 'incremental')) return undefined;
      const open = streams.find(({ label }) => last.get(label) !== 'COMPLETE');
      if (open === undefined) return { complete: true };
      // Older sources say nothing about their streams; then the definition may.
      if (last.size === 0) return fullListing ? { complete: true } : undefined;
      return gap(`the source does not say that it read the stream "${open.label}" to its end`);
    },
  };
}

function gap(why: string): Ending['listing'] {
  return { complete: false, why };
}
