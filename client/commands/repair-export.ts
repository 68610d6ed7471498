import { writeFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { exportFix } from '../../adapters/definitions/export-fix.ts';
import { activeFixes, type ActiveFix } from '../../adapters/postgres/active-fix.ts';
import { definitionsPlace } from '../definitions.ts';
import { isBegunBy } from '../find-incident.ts';
import { lineDiff, type ChangedLine } from '../line-diff.ts';
import { Problem } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Palette } from '../terminal.ts';
import type { Answer, Context } from './command.ts';

/** Shows what a deployed fix means for the files of definitions, and writes it there when told to. Everything else in them stays. */
export async function repairExport(context: Context<{ readonly write: boolean }>): Promise<Answer> {
  const { positionals, configFile, options, terminal } = context;
  const [id = ''] = positionals;
  const system = await context.system();
  const fix = meant(await activeFixes(await system.database()), id);
  const exported = await exportFix(fix, await definitionsPlace(context));
  if ('refused' in exported) throw notExported(exported.refused);
  const { file, before, after } = exported;
  const changes = lineDiff(before, after);
  if (options.write && before !== after) await write(file, after);
  const written = options.write && before !== after;
  const rest = configFile === undefined ? '' : ` --config ${configFile}`;
  const next = {
    held: `"${file}" holds it already. Make it so: ${ourCommand(`apply${rest}`)}`,
    written: `Wrote ${file}. Look at it, commit it, then: ${ourCommand(`apply${rest}`)}`,
    shown: `Nothing was written. Write it: ${ourCommand(`repair export ${id} --write${rest}`)}`,
  }[before === after ? 'held' : written ? 'written' : 'shown'];
  return {
    data: { incident: fix.incident, source: fix.source, kind: fix.kind, file, written, changes },
    text: [headline(fix), ...changes.map((one) => changeText(one, terminal.paint)), next].join(
      '\n',
    ),
  };
}

/** By the incident, the beginning of its id, or the source. */
function meant(fixes: readonly ActiveFix[], id: string): ActiveFix {
  const exact = fixes.filter(({ incident, source }) => incident === id || source === id);
  const found = exact.length > 0 ? exact : fixes.filter((one) => isBegunBy(one, id));
  const [fix] = found;
  if (fix && found.length === 1) return fix;
  if (fix) throw new Problem(`"${id}" begins the ids of ${found.length} fixes.`, several(found));
  throw new Problem(`No fix "${id}" is deployed that the files do not contain.`, {
    failure: 'NotFound',
    ...(fixes.length === 0 ? {} : several(fixes)),
  });
}

function several(fixes: readonly ActiveFix[]): { readonly remedy: string } {
  const names = fixes.slice(0, 10).map(({ incident, source }) => `${incident} (${source})`);
  return { remedy: `Deployed, and not in the files: ${names.join(', ')}.` };
}

function notExported(sentence: string): Problem {
  return new Problem(sentence, { failure: 'Conflict' });
}

function headline({ kind, incident, source }: ActiveFix): string {
  return kind === 'fix'
    ? `Fix ${incident} of source "${source}":`
    : `Source "${source}" without fix ${incident}, which was rolled back:`;
}

function changeText({ kind, line, text }: ChangedLine, paint: Palette): string {
  // Blanks mean something in YAML, so they stay.
  const plain = stripVTControlCharacters(text).replaceAll(
    /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu,
    '',
  );
  const shown = `${String(line).padStart(5)} ${kind} ${plain}`;
  return kind === '+' ? paint.good(shown) : paint.bad(shown);
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Problem(`"${file}" could not be written (${code}).`, {
      remedy: 'Look whether it may be written.',
      cause: error,
    });
  });
}
