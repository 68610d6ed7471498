import { noteRepair, type Incident } from '../../adapters/postgres/incidents.ts';
import { readRememberedFixes } from '../../adapters/postgres/remembered-fixes.ts';
import { shapeOf, sketchOf } from '../../adapters/extraction/page-shape.ts';
import type { EvidenceView, Strategy } from '../strategies/contract.ts';
import { rememberedStrategy } from '../strategies/remembered.ts';
import type { RepairDependencies } from './dependencies.ts';

/** Looks up what worked before, and keeps the sketch of the failing page with the incident, so that its own outcome can be found by it. */
export async function recallFixes(
  incident: Incident,
  { failing }: EvidenceView,
  { db }: Pick<RepairDependencies, 'db'>,
): Promise<Strategy> {
  const pageShape = sketchOf(shapeOf(failing[0]?.body ?? ''));
  await noteRepair(db, incident.id, { pageShape });
  const { tenant, source, fingerprint, host, failure, fields } = incident;
  const question = {
    tenant,
    source,
    fingerprint,
    ...(host === null ? {} : { host }),
    failure,
    failingFields: fields,
    pageShape,
  };
  return rememberedStrategy(await readRememberedFixes(db, question, new Date()));
}

/** The sketch that was kept with an incident; undefined where none was. */
export function keptSketch({ repair }: Incident): readonly number[] | undefined {
  const kept = repair['pageShape'];
  return Array.isArray(kept) && kept.length > 0 && kept.every((one) => typeof one === 'number')
    ? kept
    : undefined;
}
