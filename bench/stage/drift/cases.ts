import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Kinds of cases that the bench knows; each has one right behaviour. */
export const KINDS = ['broken', 'changed', 'gone', 'intact'] as const;
export type Kind = (typeof KINDS)[number];

/** A page that worked and the same page later. What is no part of the question stays out of what the repair is shown. */
export interface DriftCase {
  readonly name: string;
  readonly kind: Kind;
  readonly field: string;
  readonly list: boolean;
  readonly selector: string;
  readonly good: readonly string[];
  readonly truth: readonly string[];
  readonly goodPage: string;
  readonly brokenPage: string;
}

/** @throws Error - the folder is not there, has no cases, or a case cannot be read; the sentence names it. */
export function readCases(folder: string): readonly DriftCase[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new Error(
      `There is no folder "${folder}". Name one with cases by --cases <folder>, or set TEST_MATERIALS.`,
    );
  }
  const names = readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'case.json')))
    .toSorted();
  if (names.length === 0) {
    throw new Error(
      `The folder "${folder}" has no cases. Each is a folder with case.json, good.html and broken.html.`,
    );
  }
  return names.map((name) => readCase(folder, name));
}

const CaseFile = z.object({
  kind: z.enum(KINDS),
  field: z.string(),
  list: z.boolean(),
  selector: z.string().min(1),
  good: z.array(z.string()).min(1),
  truth: z.array(z.string()),
});

function readCase(folder: string, name: string): DriftCase {
  const at = (file: string): string => join(folder, name, file);
  try {
    return {
      name,
      ...CaseFile.parse(JSON.parse(readFileSync(at('case.json'), 'utf8'))),
      goodPage: readFileSync(at('good.html'), 'utf8'),
      brokenPage: readFileSync(at('broken.html'), 'utf8'),
    };
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new Error(
      `The case "${name}" in "${folder}" cannot be read: ${why}. Correct or remove its folder.`,
      { cause: error },
    );
  }
}
