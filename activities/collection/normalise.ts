/**
 * Text as it is stored and hashed: NFC, LF, no NUL, no lone surrogates, no byte-order mark, no trailing blanks, at most one blank line in
 * a row, one newline at the end. Idempotent. Code blocks keep their inner indentation.
 */
export function normaliseText(text: string): string {
  const lines = text
    .toWellFormed()
    .replaceAll('\0', '')
    .replaceAll(/\r\n?/g, '\n')
    .normalize('NFC')
    .split('\n')
    // Not by a pattern, which takes the square of the time on a long row of blanks. It takes byte-order marks too.
    .map((line) => line.trimEnd());
  const clean = withoutMarks(lines.join('\n').replaceAll(/\n{3,}/g, '\n\n')).trimEnd();
  return clean === '' ? '' : `${clean}\n`;
}

/** Byte-order marks and empty lines at the start, in whatever order. */
function withoutMarks(text: string): string {
  return text.replace(/^[\uFEFF\n]+/, '');
}

/** One line without control characters: titles, ids and addresses for people and for PostgreSQL. */
export function singleLine(text: string): string {
  if (PLAIN_LINE.test(text)) return text;
  return text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** ASCII words with single blanks between them: already as it should be, and by far the most common. */
const PLAIN_LINE = /^(?:[!-~]+(?: [!-~]+)*)?$/;
