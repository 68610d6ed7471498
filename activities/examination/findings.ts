import {
  EXAMINED,
  type Finding,
  type FindingGroup,
  type FindingKind,
} from '../../workflows/collection/examination.ts';

/** Keeps the first findings of each kind and counts the rest. */
export interface Findings {
  add(kind: FindingKind, finding: Finding): void;
  /** What could not be looked at, and what is under way meanwhile. */
  note(sentence: string): void;
  totalOf(kind: FindingKind): number;
  groups(): readonly FindingGroup[];
  notes(): readonly string[];
}

const LONGEST_SENTENCE = 700;

export function createFindings(shown: number): Findings {
  const kept = new Map<FindingKind, { total: number; readonly shown: Finding[] }>();
  const notes = new Set<string>();
  return {
    add(kind, finding) {
      const group = kept.get(kind) ?? { total: 0, shown: [] };
      kept.set(kind, group);
      group.total += 1;
      if (group.shown.length < shown) group.shown.push(short(finding));
    },
    note: (sentence) => void notes.add(sentence.slice(0, LONGEST_SENTENCE)),
    totalOf: (kind) => kept.get(kind)?.total ?? 0,
    groups: () =>
      Object.keys(EXAMINED).flatMap((name) => {
        const kind = name as FindingKind;
        const group = kept.get(kind);
        return group ? [{ kind, ...group }] : [];
      }),
    notes: () => [...notes],
  };
}

function short({ what, mend, source }: Finding): Finding {
  return {
    what: what.slice(0, LONGEST_SENTENCE),
    mend: mend.slice(0, LONGEST_SENTENCE),
    ...(source === undefined ? {} : { source }),
  };
}
