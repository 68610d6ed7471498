import type { z } from 'zod';
import type { Path, Problem } from './finding.ts';
import { suggestion } from './nearest.ts';
import { descriptionAt, isSecretAt, keysAt, type JsonSchema } from './schema-at.ts';
import { shown, valueAt } from './shown.ts';

export interface IssueContext {
  /** What was checked, as the person wrote it: references not yet substituted, so that no variable's value is shown. */
  readonly written: unknown;
  /** The schema that was checked, as JSON Schema: for known keys, descriptions and secrets. */
  readonly schema: JsonSchema;
  /** Where the checked value lies in its entry: `['config']`. */
  readonly base: Path;
}

/** Turns what zod found into problems in our words. The only place that reads zod's issues. */
export function problemsOf(error: z.ZodError, context: IssueContext): readonly Problem[] {
  return error.issues.flatMap((issue) => explained(issue, [], context));
}

type Issue = z.core.$ZodIssue;

function explained(issue: Issue, prefix: Path, context: IssueContext): readonly Problem[] {
  const path = [...prefix, ...keysOf(issue.path)];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, context));
  }
  if (issue.code === 'invalid_union') return union(issue, path, context);
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    return issue.issues.flatMap((inner) => explained(inner, path, context));
  }
  return [wrongValue(issue, path, context)];
}

function unknownKey(key: string, path: Path, context: IssueContext): Problem {
  const holder = [...context.base, ...path];
  return {
    path: [...holder, key],
    what: `${subject(holder)} has the unknown key "${key}"`,
    remedy: suggestion(key, keysAt(context.schema, path), 'Known keys'),
  };
}

function union(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  context: IssueContext,
): readonly Problem[] {
  const branches = issue.errors.toSorted((a, b) => unlikeliness(a) - unlikeliness(b));
  const [best] = branches;
  if (best && unlikeliness(best) < WRONG_KIND) {
    return best.flatMap((inner) => explained(inner, path, context));
  }
  const expected = branches.flatMap((branch) => branch.map((inner) => expectation(inner)));
  const options = (issue as { readonly options?: readonly unknown[] }).options;
  const remedy = options
    ? `Allowed: ${options.map(String).join(', ')}.`
    : `Expected ${[...new Set(expected)].join(' or ')}.`;
  return [problem(path, remedyOf(issue) ?? remedy, context)];
}

/** Which branch of a union did the person mean? Another kind of value says no, a wrong literal rather no. */
function unlikeliness(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => {
    if (issue.code === 'invalid_type' && issue.path.length === 0) return sum + WRONG_KIND;
    return sum + (issue.code === 'invalid_value' ? 10 : 1);
  }, 0);
}

const WRONG_KIND = 1000;

function wrongValue(issue: Issue, path: Path, context: IssueContext): Problem {
  const given = valueAt(context.written, path);
  if (given === undefined) return missing(issue, path, context);
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    const word = typeof given === 'string' ? given : '';
    return problem(path, suggestion(word, allowed, 'Allowed'), context);
  }
  return problem(path, remedyOf(issue) ?? `Expected ${expectation(issue)}.`, context);
}

function missing(issue: Issue, path: Path, context: IssueContext): Problem {
  const whole = [...context.base, ...path];
  const description = descriptionAt(context.schema, path);
  return {
    path: whole,
    what: `${subject(whole)} is missing`,
    remedy: `Add ${description ? `it: ${sentence(lowered(description))}` : `${expectation(issue)}.`}`,
  };
}

function problem(path: Path, remedy: string, context: IssueContext): Problem {
  const whole = [...context.base, ...path];
  const value = isSecretAt(context.schema, path)
    ? 'a secret of the wrong form'
    : shown(valueAt(context.written, path));
  return { path: whole, what: `${subject(whole)} is ${value}`, remedy };
}

/** A message that the author of a schema wrote is the remedy; zod's own are not for people. */
function remedyOf(issue: Issue): string | undefined {
  return /^(Invalid|Too (small|big)|Unrecognized)\b/.test(issue.message)
    ? undefined
    : sentence(issue.message);
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return KINDS.get(issue.expected) ?? issue.expected;
  if (issue.code === 'too_small') {
    return bound(issue.origin, 'at least', issue.minimum, issue.inclusive);
  }
  if (issue.code === 'too_big') {
    return bound(issue.origin, 'at most', issue.maximum, issue.inclusive);
  }
  if (issue.code === 'invalid_value') {
    return issue.values.map((value) => `"${String(value)}"`).join(' or ');
  }
  if (issue.code === 'not_multiple_of') return `a multiple of ${issue.divisor}`;
  if (issue.code !== 'invalid_format') return 'another value';
  return issue.format === 'regex' ? `the form ${issue.pattern ?? ''}` : `a valid ${issue.format}`;
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map of keys'],
  ['record', 'a map of keys'],
  ['null', 'nothing'],
]);

function bound(
  origin: string,
  words: 'at least' | 'at most',
  limit: number | bigint,
  inclusive: boolean | undefined,
): string {
  if (origin === 'string') return `${words} ${limit} characters`;
  if (origin === 'array' || origin === 'set')
    return `${words} ${limit} ${limit === 1 ? 'item' : 'items'}`;
  if (inclusive !== false) return `a number of ${words} ${limit}`;
  return `a number ${words === 'at least' ? 'above' : 'below'} ${limit}`;
}

function subject(path: Path): string {
  return path.length === 0 ? 'The entry' : `"${label(path)}"`;
}

/** `config.tables[0].name` */
export function label(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

function keysOf(path: readonly PropertyKey[]): Path {
  return path.map((key) => (typeof key === 'number' ? key : String(key)));
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

function lowered(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
