/** A place where a value comes in from outside: `${env:NAME}`. */
export interface EnvReference {
  /** As written: `${env:NAME}`. */
  readonly text: string;
  readonly name: string;
  /** Is `name` one that an environment variable can have? */
  readonly valid: boolean;
}

/** Every `${env:…}` in a text, in order, also those with a name that cannot be. */
export function envReferences(text: string): readonly EnvReference[] {
  // Most texts hold none, and of ten thousand definitions each text is asked.
  if (!text.includes('${env:')) return [];
  return [...text.matchAll(ENV_REFERENCE)].map(([whole, name = '']) => ({
    text: whole,
    name,
    valid: VARIABLE_NAME.test(name),
  }));
}

/** Puts values in the place of `${env:NAME}`. What `value` answers is not read again, so that a value may hold `${env:…}` itself. */
export function replaceEnvReferences(text: string, value: (name: string) => string): string {
  if (!text.includes('${env:')) return text;
  return text.replaceAll(ENV_REFERENCE, (_whole, name: string) => value(name));
}

/** The name in `secretsmanager:<name>`, where that is the whole text. A name may be an ARN. */
export function secretsManagerName(text: string): string | undefined {
  return /^secretsmanager:\s*(\S.*?)\s*$/.exec(text)?.[1];
}

/**
 * Does a text in a secret field hold a secret itself, instead of a reference to one?
 * A URL does so only with a password or a token in it; a path or a plain URL is none.
 */
export function holdsLiteralSecret(text: string): boolean {
  if (secretsManagerName(text) !== undefined) return false;
  const literal = text.replaceAll(ENV_REFERENCE, '');
  if (!text.includes('://')) return literal !== '' && !isPath(literal);
  return urlSecrets(text).some((secret) => secret.replaceAll(ENV_REFERENCE, '') !== '');
}

/** The passwords and tokens in a URL, as they stand there (percent-encoded). */
export function urlSecrets(text: string): readonly string[] {
  const password = /^[^/?#]*:\/\/[^/?#@:]*:([^/?#]*)@/.exec(text)?.[1];
  const queries = [
    ...text.matchAll(/[?&](?:password|pwd|token|secret|api_?key|key|sig)=([^&#]*)/gi),
  ];
  return [password ?? '', ...queries.map(([, value = '']) => value)].filter((one) => one !== '');
}

const ENV_REFERENCE = /\$\{env:([^}]*)\}/g;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** SQLite takes a path where other databases take a URL. */
function isPath(text: string): boolean {
  return /^(\.{0,2}\/|file:|sqlite:)|^[\w./-]+\.(db|sqlite3?)$/.test(text);
}
