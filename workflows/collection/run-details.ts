import { changedDocuments, type RunCounts } from './counts.ts';

/** The counts as people read them: only what is not zero, in a fixed order. */
export function describeCounts(counts: RunCounts): string {
  const parts = COUNTED.filter((key) => counts[key] > 0).map((key) => `${counts[key]} ${key}`);
  return parts.length === 0 ? 'no documents' : parts.join(', ');
}

const COUNTED = ['added', 'updated', 'unchanged', 'deleted', 'failed', 'held'] as const;

export interface RunDetails {
  readonly title: string;
  readonly phase: string;
  readonly counts: RunCounts;
  readonly because?: string;
  readonly remedy?: string;
  readonly commands: readonly string[];
}

/** Markdown for the Temporal Web UI: where the run stands, what it means, which command to type. */
export function runDetails({
  title,
  phase,
  counts,
  because,
  remedy,
  commands,
}: RunDetails): string {
  return [
    `### ${title}: ${phase}`,
    '',
    // The Web UI draws tables without space between columns; a sentence stays readable.
    COUNTED.map((key) => `${counts[key]} ${key}`).join(', '),
    '',
    `${changedDocuments(counts)} documents changed for the knowledge base.`,
    ...(because ? ['', `**${because}**`] : []),
    ...(remedy ? ['', remedy] : []),
    '',
    ...commands.map((command) => `    ${command}`),
  ].join('\n');
}
