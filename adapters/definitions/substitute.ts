import {
  envReferences,
  holdsLiteralSecret,
  replaceEnvReferences,
  secretsManagerName,
} from '../secrets/references.ts';
import type { Path, Problem } from './finding.ts';
import { label } from './issues.ts';
import { mapTexts } from './map-texts.ts';

export interface Substituted {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Things worth knowing that stop nothing. */
  readonly notices: readonly Problem[];
}

/**
 * Puts the values of variables in the place of `${env:NAME}`, but in secret fields, whose references stay until the activity
 * that needs them. A variable that is set and empty counts as its empty value.
 */
export function substitute(value: unknown, options: SubstituteOptions): Substituted {
  const { variable, isSecret, base } = options;
  const problems: Problem[] = [];
  const notices: Problem[] = [];
  const result = mapTexts(value, (text, path) => {
    const secret = isSecret(path);
    if (!secret && isPlain(text)) return text;
    const whole = [...base, ...path];
    problems.push(...badNames(text, whole), ...unstorable(text, whole));
    if (secret) {
      notices.push(...literalSecret(text, whole));
      return text;
    }
    problems.push(...missing(text, whole, variable));
    notices.push(...misplacedSecret(text, whole));
    return replaceEnvReferences(text, (name) => variable(name) ?? '');
  });
  return { value: result, problems, notices };
}

/** Nothing below could find fault with it: most texts are so, and there are many. */
function isPlain(text: string): boolean {
  return !text.includes('${env:') && !text.startsWith('secretsmanager:') && isStorable(text);
}

export interface SubstituteOptions {
  readonly variable: (name: string) => string | undefined;
  /** `path` from the top of the value. */
  readonly isSecret: (path: Path) => boolean;
  /** Where the value lies in its entry; the paths of problems begin with it. */
  readonly base: Path;
}

/** PostgreSQL's jsonb holds neither NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function unstorable(text: string, path: Path): readonly Problem[] {
  if (isStorable(text)) return [];
  return [
    {
      path,
      what: `"${label(path)}" holds a NUL character or half of a surrogate pair`,
      remedy: 'Remove that character.',
    },
  ];
}

function badNames(text: string, path: Path): readonly Problem[] {
  return envReferences(text)
    .filter((reference) => !reference.valid)
    .map((reference) => ({
      path,
      what: `"${label(path)}" refers to "${reference.text}", which cannot be the name of a variable`,
      remedy: `Write it as "\${env:NAME}", with letters, digits and underscores.`,
    }));
}

function missing(
  text: string,
  path: Path,
  variable: (name: string) => string | undefined,
): readonly Problem[] {
  return envReferences(text)
    .filter((reference) => reference.valid && variable(reference.name) === undefined)
    .map((reference) => ({
      path,
      what: `"${label(path)}" needs the variable "${reference.name}", which is not set`,
      remedy: `Set ${reference.name} in the environment, or write the value in its place.`,
    }));
}

function literalSecret(text: string, path: Path): readonly Problem[] {
  if (!holdsLiteralSecret(text)) return [];
  return [
    {
      path,
      what: `"${label(path)}" holds a secret in plain text`,
      remedy: `Put it into a variable and write "\${env:NAME}", so that it is neither in Git nor in the database.`,
    },
  ];
}

function misplacedSecret(text: string, path: Path): readonly Problem[] {
  if (secretsManagerName(text) === undefined) return [];
  return [
    {
      path,
      what: `"${label(path)}" looks like a secret ("${text}"), but is no secret field`,
      remedy: 'The text is used as it is. References to secrets work only in secret fields.',
    },
  ];
}
