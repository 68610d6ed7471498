/**
 * Text as it is stored and hashed: NFC, LF, no NUL, no lone surrogates, no byte-order mark, no trailing blanks, at most one blank line in
 * a row, one newline at the end. Idempotent. Code blocks keep their inner indentation.
 */
export function normaliseText(text: string): string {
  const clean = text
    .toWellFormed()
    .replace(/^\uFEFF/, '')
    .replaceAll('\0', '')
    .replaceAll(/\r\n?/g, '\n')
    .normalize('NFC')
    .replaceAll(/[^\S\n]+$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replace(/^\n+/, '')
    .trimEnd();
  return clean === '' ? '' : `${clean}\n`;
}

/** One line without control characters: titles, ids and addresses for people and for PostgreSQL. */
export function singleLine(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}
