import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initialDefinitions, SCHEMA_FILE } from '../../adapters/definitions/template.ts';
import { DEFINITIONS_FILE } from '../definitions.ts';
import { Problem } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Answer, Context } from './command.ts';

/** Writes a commented file of definitions. Never over another one, unless told to. */
export async function init({
  positionals,
  configFile,
  options,
  target,
}: Context<{ readonly force: boolean }>): Promise<Answer> {
  const file = positionals[0] ?? configFile ?? DEFINITIONS_FILE;
  const path = resolve(target.workingFolder, file);
  const schema = fileURLToPath(new URL(`../../${SCHEMA_FILE}`, import.meta.url));
  const text = initialDefinitions(relative(dirname(path), schema));
  await writeFile(path, text, { flag: options.force ? 'w' : 'wx' }).catch((error: unknown) => {
    throw notWritten(file, error);
  });
  const config = file === DEFINITIONS_FILE ? '' : ` --config ${file}`;
  const steps = [
    `npm start -- --config ${file}`,
    ourCommand(`validate${config}`),
    ourCommand(`plan${config}`),
  ];
  return {
    data: { file: path },
    text: [
      `Wrote ${file}. Put your sources into it, then:`,
      `  ${steps[0]}   runs it on this machine`,
      `  ${steps[1]}   checks it`,
      `  ${steps[2]}   shows what applying it would change`,
    ].join('\n'),
  };
}

function notWritten(file: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EEXIST') {
    return new Problem(`"${file}" exists already and was left as it is.`, {
      failure: 'Conflict',
      remedy: 'Give another name, or add --force to replace it.',
    });
  }
  return new Problem(`"${file}" could not be written (${code}).`, {
    remedy: 'Look whether the folder exists and may be written.',
    cause: error,
  });
}
