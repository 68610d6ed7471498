import { log } from '@temporalio/activity';
import { putEvidence } from '../../adapters/evidence/evidence-store.ts';
import type { EvidenceCommit } from '../../adapters/postgres/evidence-commit.ts';
import {
  forgetEvidenceObjects,
  readEvidenceState,
  type EvidenceState,
  type KeptEvidence,
  type KeptObject,
} from '../../adapters/postgres/evidence-state.ts';
import { addTallies, NO_TALLY, type ExtractionTally } from '../../workflows/repair/run-summary.ts';
import { concurrently } from './concurrently.ts';
import { patiently } from './patiently.ts';
import { chooseEvidence, type ChosenEvidence } from './choose-evidence.ts';
import type { StagedEvidence } from './stage-evidence.ts';
import { reference, type StoreContext } from './store-context.ts';

/** What an attempt keeps of the pages that it reads. */
export interface EvidenceKeeper {
  /**
   * Puts bodies and values into S3 and gives the rows about them, which a batch commits with its cursor. Running it twice stores nothing twice. What S3
   * does not take is left out, and the run says so: documents are not kept waiting for evidence.
   */
  prepare(staged: StagedEvidence, crawl: string): Promise<EvidenceCommit>;
  /** The rows are committed: removes what they need no longer. */
  committed(commit: EvidenceCommit): Promise<void>;
}

export function openEvidenceKeeper(context: StoreContext): EvidenceKeeper {
  const source = { ...reference(context), run: context.run };
  let state: EvidenceState | undefined;
  let chosen: ChosenEvidence | undefined;
  // An outage is waited for once: a run of many batches would otherwise stand still in each of them.
  let isLost = false;
  return {
    async prepare(staged, crawl) {
      state ??= await readEvidenceState(context.db, source);
      const tally = addTallies(ofCrawl(state, crawl), staged.tally);
      chosen = chooseEvidence(staged, state, context);
      const problem = chosen.problem ?? (await stored(chosen, isLost ? once : patiently, context));
      if (chosen.uploads.length > 0) isLost = problem !== undefined;
      if (problem !== undefined) chosen = { ...chosen, ...NOTHING, problem };
      const { uploads: _uploads, kept: _kept, ...rows } = chosen;
      return { ...rows, crawl, tally, isFirst: state.tally === undefined };
    },
    async committed({ crawl, tally, orphans, objects }) {
      if (state === undefined || chosen === undefined) return;
      state = after(state, chosen, { crawl, tally });
      const going = withoutStored([...orphans, ...leftBehind(state)], objects);
      if (going.length === 0) return;
      state = await removed(going, state, context);
    },
  };
}

/** A crawl that began anew within the run counts its pages anew. */
function ofCrawl({ tally }: EvidenceState, crawl: string): ExtractionTally {
  return tally?.crawl === crawl ? tally.tally : NO_TALLY;
}

const NOTHING = {
  pages: [],
  confirmed: [],
  knownGood: [],
  dropped: [],
  objects: [],
  orphans: [],
  sides: [],
} as const;

function once<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/** Undefined when everything lies in S3; else why not, as a sentence. */
async function stored(
  { uploads }: ChosenEvidence,
  trying: typeof patiently,
  { objects, signal, uploads: atOnce, redact }: StoreContext,
): Promise<string | undefined> {
  try {
    await concurrently(uploads, atOnce, ({ object, body, contentType }) =>
      trying(() => putEvidence(objects, object, { body, contentType, signal }), signal),
    );
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const because = redact(error instanceof Error ? error.message : String(error));
    log.warn('evidence was not kept', { because });
    return `Evidence was not kept: ${because}`.slice(0, 500);
  }
}

function after(
  state: EvidenceState,
  { kept, problem, objects, orphans, sides }: ChosenEvidence,
  tally: NonNullable<EvidenceState['tally']>,
): EvidenceState {
  if (problem !== undefined) return { ...state, tally };
  const going = new Set(orphans.map(addressOf));
  const known = new Map<string, KeptObject>(state.objects.map((one) => [addressOf(one), one]));
  for (const { bucket, key } of objects)
    known.set(addressOf({ bucket, key }), { bucket, key, removing: false });
  return {
    tally,
    pages: kept,
    objects: [...known.values()].map((one) =>
      going.has(addressOf(one)) ? { ...one, removing: true } : one,
    ),
    sides: {
      ...state.sides,
      ...Object.fromEntries(sides.map(({ docHash, side }) => [docHash, side])),
    },
  };
}

/** An earlier attempt was killed between its commit and the removal. */
function leftBehind({ objects }: EvidenceState): readonly KeptObject[] {
  return objects.filter((one) => one.removing);
}

function withoutStored(
  going: readonly Pick<KeptObject, 'bucket' | 'key'>[],
  stored: EvidenceCommit['objects'],
): readonly Pick<KeptObject, 'bucket' | 'key'>[] {
  const kept = new Set(stored.map(addressOf));
  const wanted = going.filter((one) => !kept.has(addressOf(one)));
  return [...new Map(wanted.map((one) => [addressOf(one), one])).values()];
}

/** The object before its row, so that a crash leaves something that says what to finish. What cannot be removed now is tried again by the next run. */
async function removed(
  going: readonly Pick<KeptObject, 'bucket' | 'key'>[],
  state: EvidenceState,
  { db, objects, signal, ...context }: StoreContext,
): Promise<EvidenceState> {
  try {
    for (const [bucket, members] of Map.groupBy(going, (one) => one.bucket)) {
      const keys = members.map(({ key }) => key);
      const errors = await objects.removeMany({ bucket, keys, signal });
      if (errors.length > 0) return state;
    }
    await forgetEvidenceObjects(db, reference(context), going);
  } catch (error) {
    signal.throwIfAborted();
    log.warn('old evidence was not removed', { because: (error as Error).message });
    return state;
  }
  const gone = new Set(going.map(addressOf));
  return { ...state, objects: state.objects.filter((one) => !gone.has(addressOf(one))) };
}

function addressOf({
  bucket,
  key,
}: Pick<KeptEvidence, 'bucket'> & { readonly key: string }): string {
  return `${bucket}/${key}`;
}
