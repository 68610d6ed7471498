/** The share of the different words of `text` that `markdown` still has. 1 for a text without words. */
export function textRecall(text: string, markdown: string): number {
  const wanted = words(text);
  const found = words(markdown);
  if (wanted.size === 0) return 1;
  return [...wanted].filter((word) => found.has(word)).length / wanted.size;
}

function words(text: string): ReadonlySet<string> {
  return new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [],
  );
}
