import { canonicalJson, digestOf } from '../../adapters/definitions/digest.ts';
import { mapTexts } from '../../adapters/definitions/map-texts.ts';
import { nameEvidence, putEvidence } from '../../adapters/evidence/evidence-store.ts';
import { readRunWords } from '../../adapters/postgres/bundle-facts.ts';
import { timeText } from '../../workflows/approval/words.ts';
import { failure } from '../../workflows/failures.ts';
import type { EvidenceRef } from '../../workflows/repair/activities.ts';
import { evidencePlaceOf, withoutEvidencePlace } from '../collection/evidence-place.ts';
import {
  loadEvidenceRows,
  type EvidenceDependencies,
  type EvidenceQuestion,
  type EvidenceWithRows,
} from './load-evidence.ts';
import { logWindow } from './log-window.ts';
import type { RecentChanges } from './recent-changes.ts';
import { structuralDiff } from './structural-diff.ts';

/** What the one who writes a bundle knows beside the evidence that is stored. */
export interface BundleQuestion extends EvidenceQuestion {
  readonly incident: string;
  /** The rule that noticed, with its numbers: whole sentences. */
  readonly because: string;
  /** Deterministic sentences for people. */
  readonly facts: readonly string[];
  /** What happened to the source before. */
  readonly changes: RecentChanges;
  /** Takes the secrets of the source out of a text. */
  readonly redact: (text: string) => string;
}

/**
 * Writes what is known of an incident as one JSON object below the evidence prefix, named by its content: the same evidence gives the same
 * bundle. It refers to bodies by hash and names no held-out one. What is cut says so, with the size that was dropped.
 * @throws InvalidConfig - the knowledge base has no `evidence`.
 */
export async function writeBundle(
  question: BundleQuestion,
  deps: EvidenceDependencies,
): Promise<EvidenceRef> {
  const { definition, signal, redact } = question;
  const place = evidencePlaceOf(definition);
  if (place === undefined) throw failure('InvalidConfig', withoutEvidencePlace(definition));
  const bundle = mapTexts(await gathered(question, deps), redact);
  const body = Buffer.from(canonicalJson(bundle));
  const object = nameEvidence(place, 'bundles', body);
  await putEvidence(deps.objects, object, { body, contentType: 'application/json', signal });
  const { key, sha256, bytes } = object;
  return { key, sha256, bytes };
}

async function gathered(question: BundleQuestion, deps: EvidenceDependencies): Promise<object> {
  const { definition, run, failure: name, fields, incident, because, facts } = question;
  const source = { tenant: definition.tenant, source: definition.id };
  const loaded = await loadEvidenceRows(question, deps);
  const words = await readRunWords(deps.db, { ...source, run });
  const found = loaded.kind === 'view' ? pagesOf(loaded) : { missing: loaded.because };
  return {
    v: 1,
    ...source,
    incident,
    run,
    failure: { name, fields: [...fields].toSorted(), because },
    facts,
    ...found,
    log: logWindow(words, `run "${run}" and its dead letters in PostgreSQL`),
    changes: timed(question.changes),
  };
}

/** Bodies by their hash alone. */
function pagesOf({ view, failing, good, notes }: EvidenceWithRows): object {
  const [broken] = failing;
  const before = good.find(({ row }) => row.docId === broken?.row.docId) ?? good[0];
  const diff =
    broken && before
      ? structuralDiff(
          { text: before.body, sha256: before.row.facts.bodySha256 },
          { text: broken.body, sha256: broken.row.facts.bodySha256 },
        )
      : undefined;
  return {
    spec: view.spec,
    specDigest: digestOf(view.spec),
    failing: failing.map(({ row, misses }) => ({
      ...described(row),
      missing: [...new Set(misses.map((miss) => miss.field ?? ''))].toSorted(),
    })),
    good: good.map(({ row }) => described(row)),
    notes,
    ...(diff ? { diff } : {}),
  };
}

function described({ bucket, bodyKey, valuesKey, run, facts }: EvidenceWithRows['good'][0]['row']) {
  const { bodySha256, valuesSha256, ...page } = facts;
  return {
    run,
    page,
    body: { bucket, key: bodyKey, sha256: bodySha256 },
    values: { bucket, key: valuesKey, sha256: valuesSha256 },
  };
}

function timed({ entries, dropped }: RecentChanges): object {
  return { entries: entries.map(({ atMs, ...one }) => ({ ...one, at: timeText(atMs) })), dropped };
}
