import type { Fingerprint } from './fingerprint.ts';
import type { Figure, Goal, Report } from './report.ts';

/** A report as people read it: goals first, then every figure by group, then where it was measured. */
export function printed(
  name: string,
  report: Omit<Report, 'servers'>,
  fingerprint: Fingerprint,
): string {
  const { settings, figures, goals, notes } = report;
  const groups = [...new Set(figures.map(({ group }) => group))];
  return [
    `${name} (${Object.entries(settings)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')})`,
    '',
    ...table(goals.map(goalCells)),
    ...groups.flatMap((group) => [
      '',
      `${group}:`,
      ...table(figures.filter((one) => one.group === group).map(figureCells)),
    ]),
    '',
    ...notes.map((note) => `Note: ${note}`),
    where(fingerprint),
  ].join('\n');
}

function goalCells({ what, wanted, measured, met }: Goal): readonly string[] {
  return [`  ${met ? 'met' : 'NOT MET'}`, what, String(measured), `goal: ${wanted}`];
}

function figureCells({ what, value, unit, interval }: Figure): readonly string[] {
  const between = interval ? `(90 %: ${interval[0]} to ${interval[1]})` : '';
  return [`  ${what}`, `${value} ${unit}`, between];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function where({
  date,
  commit,
  cpu,
  loadBefore,
  loadAfter,
  node,
  servers,
  packages,
}: Fingerprint): string {
  const versions = Object.entries({ ...servers, ...packages }).map(
    ([name, version]) => `${name} ${version}`,
  );
  return [
    `Measured ${date} at commit ${commit} on ${cpu.count} × ${cpu.model}, load ${loadBefore} before and ${loadAfter} after.`,
    `Node ${node}, ${versions.join(', ')}.`,
  ].join('\n');
}
