import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import type { Random } from '../random.ts';

/** The sources of a chaos run. Each kind has one, and its id is its name. */
export type SourceId = 'shop' | 'site' | 'feed' | 'wick';

/** A source that the harness can edit, and that knows what it holds: the truth that the checker compares with. */
export interface ChaosSource {
  readonly id: SourceId;
  /** Document number → version. A version only grows. */
  readonly truth: ReadonlyMap<number, number>;
  /** What is particular to the type. */
  readonly definition: Pick<SourceDefinition, 'type' | 'config'>;
  /** Makes a document, or a next version of it. */
  put(...numbers: readonly number[]): Promise<void>;
  remove(...numbers: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

/** A text that tells which document of which source in which version it is, long enough to be taken for an article. */
export function textOf(source: string, number: number, version: number): string {
  const marker = `Chaos-${source}-${number}-v${version}`;
  const sentence = `The keeper of ${marker} counts the herons at the weir and writes their number down.`;
  return Array.from({ length: 6 }, (_, at) => `${sentence} This is paragraph ${at + 1}.`).join(
    '\n\n',
  );
}

export interface Marker {
  readonly source: string;
  readonly number: number;
  readonly version: number;
}

/** The markers that a text holds, each once. */
export function markersIn(text: string): readonly Marker[] {
  const found = new Map(
    [...text.matchAll(/Chaos-([a-z]+)-(\d+)-v(\d+)/gu)].map(
      ([all, source = '', number, version]) => [
        all,
        { source, number: Number(number), version: Number(version) },
      ],
    ),
  );
  return [...found.values()];
}

/** Some documents change, some are new, few go: as a source lives between two runs. Deletions stay below what asks first. */
export async function edit(source: ChaosSource, random: Random): Promise<void> {
  // The first one is where a crawl begins.
  const numbers = [...source.truth.keys()].filter((number) => number > 1);
  const changed = random.some(Math.ceil(numbers.length / 6), numbers.length);
  const [gone, other] = random.some(2, numbers.length).map((at) => numbers[at - 1] ?? 0);
  await source.put(...changed.map((at) => numbers[at - 1] ?? 0));
  await source.remove(...[gone, other].filter((number) => number !== undefined));
  const last = Math.max(...numbers);
  await source.put(last + 1, last + 2);
}
