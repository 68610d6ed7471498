import type { FixNote } from '../adapters/postgres/spec-overlay.ts';
import type { PlanTextOptions } from './plan-text.ts';
import { ourCommand } from './spoken-commands.ts';
import { clean, indented } from './text.ts';

/** A line for each fix that is deployed and not in the files, or that applying them ends. */
export function fixesText(fixes: readonly FixNote[], { width, paint }: PlanTextOptions): string {
  const lines = fixes.map((fix) => {
    const sentence = indented(clean(fixSentence(fix)), width, '  ', '  ');
    return fix.became === 'kept' ? paint.warn(sentence) : sentence;
  });
  return [paint.strong('Fixes'), ...lines].join('\n');
}

/** What applying means for a fix, and how it gets into the files. */
export function fixSentence({ source, incident, kind, became }: FixNote): string {
  const fix = `fix ${incident}`;
  const write = `"${ourCommand(`repair export ${incident}`)}"`;
  const kept = {
    fix: `Source "${source}" runs with ${fix}: not yet in the files; ${write} writes it.`,
    revert: `Source "${source}" runs without ${fix}, which was rolled back and is still in the files; ${write} takes it out.`,
  }[kind];
  const landed = {
    fix: `Source "${source}": the files contain ${fix} now.`,
    revert: `Source "${source}": the files no longer contain ${fix}, which was rolled back.`,
  }[kind];
  const superseded = {
    fix: `Source "${source}": the files say something else than ${fix}, and win; the fix ends.`,
    revert: landed,
  }[kind];
  return { kept, landed, superseded }[became];
}
