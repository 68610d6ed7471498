import { fail, pass, skipped, type Check, type Outcome } from './check.ts';
import type { Trial } from './trial.ts';

/** The last one: it searches everything that the others have heard. */
export const secretChecks: readonly Check[] = [
  {
    id: 'read.secrets',
    group: 'read',
    title: 'no secret is in any message, verdict, error or log line',
    run: noSecret,
  },
];

async function noSecret(trial: Trial): Promise<Outcome> {
  const { secrets = [], howToGive } = trial.subject;
  if (secrets.length === 0)
    return skipped(`The config holds no secret. ${howToGive?.['secrets'] ?? ''}`.trim());
  // Where only this check is made, there must be something to search.
  await trial.wholeRead('first');
  const everything = JSON.stringify(trial.everythingHeard());
  const found = secrets.flatMap((secret) =>
    formsOf(secret).filter(({ text }) => everything.includes(text)),
  );
  const forms = [...new Set(found.map(({ form }) => form))];
  return forms.length === 0
    ? pass(`${secrets.length} searched for`)
    : fail(
        `A secret came out ${forms.join(', and ')}.`,
        'Never print a credential, nor anything that is made of it; name the setting instead.',
      );
}

/** How programs show a secret without meaning to. */
function formsOf(secret: string): readonly { readonly form: string; readonly text: string }[] {
  const bytes = Buffer.from(secret);
  const forms = [
    { form: 'as it is', text: JSON.stringify(secret).slice(1, -1) },
    { form: 'as it is', text: JSON.stringify(JSON.stringify(secret)).slice(3, -3) },
    { form: 'encoded for an address', text: encodeURIComponent(secret) },
    { form: 'in base64', text: bytes.toString('base64').replace(/=+$/u, '') },
    { form: 'in base64', text: bytes.toString('base64url') },
    { form: 'in hexadecimal', text: bytes.toString('hex') },
  ];
  return forms.filter(({ text }) => text.length >= MIN_LENGTH);
}

/** Shorter texts are found everywhere. */
const MIN_LENGTH = 4;
