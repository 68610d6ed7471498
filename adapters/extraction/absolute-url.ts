/** An absolute http(s) address, or undefined. */
export function resolveUrl(text: string, base: string): string | undefined {
  const url = URL.parse(text.trim(), base);
  return url !== null && /^https?:$/u.test(url.protocol) ? url.href : undefined;
}
