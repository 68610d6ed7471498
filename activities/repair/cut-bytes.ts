/** The beginning of a text that is not longer than so many bytes: what travels through history is measured in these. */
export function cutBytes(text: string, most: number): string {
  const bytes = Buffer.from(text.slice(0, most).toWellFormed());
  if (bytes.length <= most) return bytes.toString();
  return new TextDecoder().decode(bytes.subarray(0, most), { stream: true });
}
