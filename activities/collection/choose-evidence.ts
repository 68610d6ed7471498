import { digestOf } from '../../adapters/definitions/digest.ts';
import { specOf } from '../../adapters/definitions/spec-digest.ts';
import type { EvidenceObject, EvidencePlace } from '../../adapters/evidence/evidence-store.ts';
import type { EvidenceCommit } from '../../adapters/postgres/evidence-commit.ts';
import type {
  EvidenceState,
  KeptEvidence,
  KeptObject,
} from '../../adapters/postgres/evidence-state.ts';
import {
  assignSides,
  isWorthKeeping,
  sameVersion,
  sideByHash,
  surplusPages,
  type EvidenceSide,
} from '../../workflows/repair/evidence-choice.ts';
import { evidencePlaceOf, withoutEvidencePlace } from './evidence-place.ts';
import { preparePage, type PreparedPage } from './prepare-evidence.ts';
import { groupOf, MAX_FAILING, type StagedEvidence, type StagedPage } from './stage-evidence.ts';
import type { StoreContext } from './store-context.ts';

/** What becomes of the staged pages, before anything is written. */
export interface ChosenEvidence extends Omit<EvidenceCommit, 'crawl' | 'tally' | 'isFirst'> {
  /** What has to be in S3 before the commit. */
  readonly uploads: readonly {
    readonly object: EvidenceObject;
    readonly body: Buffer;
    readonly contentType: string;
  }[];
  /** All pages, as they are after the commit. */
  readonly kept: readonly KeptEvidence[];
}

type Chooser = Pick<StoreContext, 'definition' | 'redact' | 'run'>;

/** Decides what to keep, name and drop. Pure but for the clock. */
export function chooseEvidence(
  staged: StagedEvidence,
  state: EvidenceState,
  context: Chooser,
): ChosenEvidence {
  const { definition } = context;
  const spec = specOf(definition.id, definition.config['extract']);
  const specDigest = spec === undefined ? '' : digestOf(spec);
  const place = evidencePlaceOf(definition);
  const isEmpty = staged.good.length + staged.failing.length === 0;
  if (place === undefined || isEmpty) return nothing(specDigest, isEmpty, state, context);
  const choice = openChoice(staged, state, { ...context, place });
  for (const page of staged.failing) choice.offerFailing(page);
  for (const page of staged.good) choice.offerGood(page);
  return { ...choice.close(), specDigest };
}

function nothing(
  specDigest: string,
  isEmpty: boolean,
  { pages }: EvidenceState,
  { definition }: Chooser,
): ChosenEvidence {
  const problem = isEmpty ? {} : { problem: withoutEvidencePlace(definition) };
  const lists = { pages: [], confirmed: [], knownGood: [], dropped: [], objects: [] } as const;
  return { ...lists, orphans: [], sides: [], uploads: [], kept: pages, specDigest, ...problem };
}

function openChoice(
  staged: StagedEvidence,
  state: EvidenceState,
  { place, run, redact }: Chooser & { readonly place: EvidencePlace },
) {
  const nowMs = Date.now();
  const sides = sidesOf([...staged.failing, ...staged.good], state);
  const confirmed = new Set<string>();
  const fresh: PreparedPage[] = [];
  let kept = state.pages;
  const prepare = (page: StagedPage, role: 'good' | 'failing', side: EvidenceSide): PreparedPage =>
    preparePage(page, { role, side, place, run, redact });
  const take = (prepared: PreparedPage, standing: KeptEvidence['standing']): void => {
    fresh.push(prepared);
    kept = [...kept, keptPage(prepared, { run, nowMs, standing })];
  };
  return {
    offerFailing(page: StagedPage): void {
      const ofRun = kept.filter((one) => one.role === 'failing' && one.run === run);
      const alike = ofRun.filter((one) => one.group === groupOf(page));
      if (ofRun.length >= MAX_FAILING || alike.some((one) => one.docHash === page.docHash)) return;
      // Whoever looks for a fix must see what is broken, even if good versions of the page are held out.
      const isFirst = !alike.some((one) => one.side === 'shown');
      take(prepare(page, 'failing', isFirst ? 'shown' : sideOf(page, sides)), 'bad');
    },
    offerGood(page: StagedPage): void {
      if (!isWorthKeeping(page, kept, run)) return;
      const prepared = prepare(page, 'good', sideOf(page, sides));
      const same = sameVersion({ ...page, ...prepared.facts }, kept, nowMs);
      if (same === undefined) return take(prepared, 'pending');
      confirmed.add(same.page);
      kept = kept.map((one) =>
        one.page === same.page
          ? { ...one, confirmedAtMs: nowMs, standing: one.standing === 'good' ? 'good' : 'pending' }
          : one,
      );
    },
    close(): Omit<ChosenEvidence, 'specDigest'> {
      const dropped = new Set(surplusPages(kept).map((one) => one.page));
      const before = new Set(state.pages.map((one) => one.page));
      const after = kept.filter((one) => !dropped.has(one.page));
      const pages = fresh.filter((one) => !dropped.has(one.page) && !before.has(one.page));
      const needed = new Set(after.flatMap((one) => [one.bodyKey, one.valuesKey]));
      return {
        pages: pages.map(({ uploads: _uploads, ...row }) => row),
        confirmed: [...confirmed].filter((one) => !dropped.has(one)),
        knownGood: after
          .filter((one) => one.standing === 'good' && confirmed.has(one.page))
          .map((one) => one.page),
        dropped: [...dropped].filter((one) => before.has(one)),
        ...uploadsOf(pages, state),
        orphans: state.objects.filter((one) => !one.removing && !needed.has(one.key)),
        sides: [...sides.exceptions].map(([docHash, side]) => ({ docHash, side })),
        kept: after,
      };
    },
  };
}

interface Sides {
  readonly known: ReadonlyMap<string, EvidenceSide>;
  readonly fresh: ReadonlyMap<string, EvidenceSide>;
  /** New ones that differ from what the hashes say. */
  readonly exceptions: ReadonlyMap<string, EvidenceSide>;
}

function sidesOf(pages: readonly StagedPage[], state: EvidenceState): Sides {
  const stored = new Set(state.pages.map((one) => one.docHash));
  const exceptions = new Map(Object.entries(state.sides));
  const known = new Map<string, EvidenceSide>(
    [...stored, ...exceptions.keys()].map((one) => [one, exceptions.get(one) ?? sideByHash(one)]),
  );
  const fresh = assignSides(
    pages.map((one) => one.docHash),
    known,
  );
  const differing = [...fresh].filter(([docHash, side]) => side !== sideByHash(docHash));
  return { known, fresh, exceptions: new Map(differing) };
}

function sideOf({ docHash }: StagedPage, { known, fresh }: Sides): EvidenceSide {
  return known.get(docHash) ?? fresh.get(docHash) ?? sideByHash(docHash);
}

function keptPage(
  { page, role, docHash, shape, side, bucket, bodyKey, valuesKey, facts }: PreparedPage,
  { run, nowMs, standing }: Pick<KeptEvidence, 'run' | 'standing'> & { readonly nowMs: number },
): KeptEvidence {
  const { bodySha256, valuesSha256, group = null } = facts;
  const times = { atMs: nowMs, confirmedAtMs: nowMs };
  const row = { page, role, docHash, shape, side, bucket, bodyKey, valuesKey, group };
  return { ...row, ...times, bodySha256, valuesSha256, run, standing, gone: false };
}

/** What lies in S3 already, by a row that keeps it there, is not put again. */
function uploadsOf(
  pages: readonly PreparedPage[],
  { objects }: EvidenceState,
): Pick<ChosenEvidence, 'uploads' | 'objects'> {
  const addressOf = ({ bucket, key }: Pick<KeptObject, 'bucket' | 'key'>): string =>
    `${bucket}/${key}`;
  const there = new Set(objects.filter((one) => !one.removing).map(addressOf));
  const all = pages
    .flatMap((one) => one.uploads)
    .filter(({ object }) => !there.has(addressOf(object)));
  const uploads = [...new Map(all.map((one) => [addressOf(one.object), one])).values()];
  return { uploads, objects: uploads.map((one) => one.object) };
}
