import { z } from 'zod';

/** Shape and text of pages, and how many of them were met. */
export const ClusterNotes = z.array(z.tuple([z.string(), z.string(), z.int()]));
type ClusterNotes = z.infer<typeof ClusterNotes>;

/** Recognises endless spaces (B15): many addresses of one shape that all say the same. */
export interface TextClusters {
  /** Notes the text of a page. */
  note(id: string, textHash: string): void;
  /** Why no more pages of this shape are visited, as a sentence. */
  whyNot(id: string): string | undefined;
  toNotes(): ClusterNotes;
}

export function createTextClusters(notes: ClusterNotes): TextClusters {
  const clusters = new Map(
    notes.map(([shape, text, count]) => [`${shape} ${text}`, { shape, text, count }]),
  );
  const closed = new Set(notes.flatMap(([shape, , count]) => (count > MOST_EQUAL ? [shape] : [])));
  return {
    note(id, textHash) {
      const shape = shapeOf(id);
      const text = textHash.slice(0, 16);
      const key = `${shape} ${text}`;
      const count = (clusters.get(key)?.count ?? 0) + 1;
      // The one met last goes to the end: what is forgotten first is what was not met again.
      clusters.delete(key);
      clusters.set(key, { shape, text, count });
      if (count > MOST_EQUAL) closed.add(shape);
      forget(clusters);
    },
    whyNot(id) {
      // Asked of each link: a site without such a shape must not pay for it.
      if (closed.size === 0) return undefined;
      const shape = shapeOf(id);
      return closed.has(shape) ? tooEqual(shape) : undefined;
    },
    toNotes: () =>
      [...clusters.values()]
        .filter(({ count }) => count > 1)
        .slice(-MAX_NOTED)
        .map(({ shape, text, count }) => [shape, text, count]),
  };
}

/** Host and path with each run of digits as one sign, and the names of the parameters: visitors, days and sessions look alike. */
function shapeOf(id: string): string {
  const { host, pathname, searchParams } = new URL(id);
  const names = [...new Set(searchParams.keys())].toSorted();
  const path = pathname
    .split('/')
    .map((part) => (/\d/.test(part) ? part.replace(/[0-9a-f-]*\d[0-9a-f-]*/gi, '#') : part));
  return `${host}${path.join('/')}${names.length === 0 ? '' : `?${names.join('&')}`}`.slice(0, 300);
}

function forget(clusters: Map<string, { readonly count: number }>): void {
  if (clusters.size <= MAX_CLUSTERS) return;
  const oldest = [...clusters].find(([, { count }]) => count <= MOST_EQUAL);
  if (oldest) clusters.delete(oldest[0]);
}

function tooEqual(shape: string): string {
  return `More than ${MOST_EQUAL} pages like "${shape.split('?')[0] ?? ''}" hold the same text: exclude them, or name parameters in "dropParameters".`;
}

/** Copies of one page under so many addresses of one shape are a trap, not knowledge. */
const MOST_EQUAL = 20;
const MAX_CLUSTERS = 500;
const MAX_NOTED = 100;
