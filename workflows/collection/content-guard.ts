/** The sizes of a document's text in bytes of UTF-8. */
export interface TextSizes {
  readonly bytes: number;
  /** Of the version that is stored. */
  readonly lastBytes: number;
  /** A person has accepted that the document is as small as this. */
  readonly acceptedBytes?: number | null;
}

/** Below this share of its last version a text counts as shrunken (sources B5). */
const SHRUNKEN_SHARE = 0.3;
/** A text of a few lines may lose most of itself by an honest edit: a stub, a row with one long field. Half a kilobyte is about a paragraph. */
const SMALL_TEXT_BYTES = 500;

/**
 * Why a text must not take the place of the stored one by itself, as a sentence; undefined when it may. Pure and monotone: a shorter text is
 * never taken where a longer one is refused.
 */
export function refuseShrunken({ bytes, lastBytes, acceptedBytes }: TextSizes): string | undefined {
  const baseline = acceptedBytes ?? lastBytes;
  if (baseline < SMALL_TEXT_BYTES || bytes >= baseline * SHRUNKEN_SHARE) return undefined;
  const percent = Math.floor((bytes / lastBytes) * 100);
  return `The text has ${bytes} bytes; the stored version has ${lastBytes} (${percent} % are left). The stored one stays live.`;
}
