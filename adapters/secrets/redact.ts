/**
 * A function that removes secrets from texts: each value plainly, each line of it, percent-encoded, in base64, and as JSON writes it.
 * Values shorter than 5 characters are left: they are no secrets, and words such as "true" would vanish from every log.
 */
export function redactor(values: readonly string[]): (text: string) => string {
  const forms = [...new Set(values.filter((value) => value.length >= MIN_LENGTH).flatMap(formsOf))]
    .filter((form) => form.length >= MIN_LENGTH)
    // The longest first, so that a URL goes as a whole before its password leaves a hole in it.
    .toSorted((a, b) => b.length - a.length);
  if (forms.length === 0) return (text) => text;
  const any = new RegExp(forms.map(escaped).join('|'), 'g');
  return (text) => text.replaceAll(any, REDACTED);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

const MIN_LENGTH = 5;
const REDACTED = '[secret]';

function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    ...value.split(/\r?\n/),
    encodeURIComponent(value.toWellFormed()),
    encodeURI(value.toWellFormed()),
    decoded(value),
    bytes.toString('base64'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    JSON.stringify(value).slice(1, -1),
  ];
}

/** The password of a connection URL stands there percent-encoded, and drivers show it decoded. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
