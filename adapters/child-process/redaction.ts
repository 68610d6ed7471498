/**
 * Takes every given secret out of a text, also where it stands in base64 or percent-encoded, or where a log shows one line of it.
 * Values shorter than 6 characters are left: they are no secrets, and words such as "true" would vanish from logs.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.flatMap(formsOf))]
    .filter((form) => form.length >= MIN_SECRET_LENGTH)
    .toSorted((a, b) => b.length - a.length);
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, REDACTED), text);
}

const MIN_SECRET_LENGTH = 6;
const REDACTED = '[redacted]';

function formsOf(secret: string): string[] {
  const encoded = Buffer.from(secret).toString('base64');
  return [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    encoded,
    encoded.replace(/=+$/u, ''),
    ...secret.split(/\r?\n/u),
  ];
}
