/** Lower-case letters, digits and single hyphens between them, at most 63: fits S3 keys, workflow ids, host names. */
export const SLUG = /^(?=.{1,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The slug nearest to a text; `source` when nothing of it is left. */
export function slugOf(text: string): string {
  const plain = text.normalize('NFKD').toLowerCase();
  const words = plain
    .replaceAll(/\p{M}/gu, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return words.join('-').slice(0, 63).replace(/-+$/, '') || 'source';
}
