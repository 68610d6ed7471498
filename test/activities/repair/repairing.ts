import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql } from 'kysely';
import { repairActivities } from '../../../activities/repair/index.ts';
import type { RepairDependencies } from '../../../activities/repair/dependencies.ts';
import { definitionOf, storeRevision } from '../../../adapters/postgres/revisions.ts';
import { readIncidents, type Incident } from '../../../adapters/postgres/incidents.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import type { RunStatus } from '../../../workflows/collection/run-status.ts';
import type {
  CheckedFixes,
  ChosenFix,
  Deployment,
  IncidentReference,
  RepairActivities,
} from '../../../workflows/repair/activities.ts';
import type { RepairDefinition } from '../../../workflows/repair/policy.ts';
import { startSite, type Page, type Site } from '../../fakes/site.ts';
import {
  evidenceSource,
  productPage,
  PRODUCT_FIELDS,
  type EvidenceCase,
} from '../collection/evidence-source.ts';
import type { SourceCase } from '../collection/collecting.ts';

const PRODUCTS = 10;

/** A shop whose source is in force, with the activities of repairs on real PostgreSQL and S3. */
export interface RepairCaseStage {
  readonly source: EvidenceCase;
  readonly site: Site;
  /** What was triggered, by the id of its schedule. */
  readonly triggered: string[];
  /** Every activity by its name, each call in an environment of its own. */
  readonly act: RepairActivities;
  actWith(deps: Partial<RepairDependencies>): RepairActivities;
  /** The price moves into another element, or the pages become what is given. */
  change(edit?: (html: string) => string): void;
  /** A run on what is in force, which began now. */
  run(name: string, status?: RunStatus): Promise<void>;
  incident(): Promise<Incident>;
  reference(): Promise<IncidentReference>;
  apply(changes: Partial<SourceDefinition>, repair?: RepairDefinition): Promise<void>;
  /** Good run, break, and everything until a candidate is chosen. */
  untilChosen(): Promise<{ readonly reference: IncidentReference; readonly fix: ChosenFix }>;
  deploy(fix: ChosenFix): Promise<Deployment>;
  close(): Promise<void>;
}

export const MOVED_PRICE = (html: string): string =>
  html.replace('<p class="price">', '<p class="cost">');

const NAMES = 'Kettle Lantern Basket Stool Ladle Bellows Trivet Sieve Churn Anvil'.split(' ');

export async function repairCase(
  newSource: (overrides?: Partial<SourceDefinition>) => Promise<SourceCase>,
  {
    extract = PRODUCT_FIELDS,
    overrides = {},
  }: {
    readonly extract?: Readonly<Record<string, unknown>>;
    readonly overrides?: Partial<SourceDefinition> & { readonly withoutEvidence?: true };
  } = {},
): Promise<RepairCaseStage> {
  const pages = Array.from({ length: PRODUCTS }, (_, at): [string, Page] => [
    `/p${at}`,
    productPage(`${NAMES[at]} of the workshop`, `${10 + at * 7}.50`),
  ]);
  const site = await startSite({ '/robots.txt': { status: 404 }, ...Object.fromEntries(pages) });
  const urls = pages.map(([path]) => `${site.origin}${path}`);
  const source = await evidenceSource(newSource, { urls, extract }, overrides);
  const triggered: string[] = [];
  const schedules = {
    trigger: async (id: string) => {
      triggered.push(id);
      return { outcome: 'started' };
    },
  } as unknown as RepairDependencies['schedules'];
  const base: RepairDependencies = { ...source.deps, schedules };
  await sql`update incidents set opened_at = opened_at - interval '1 hour'`.execute(source.db);
  const stage: RepairCaseStage = {
    source,
    site,
    triggered,
    act: activitiesOf(base),
    actWith: (deps) => activitiesOf({ ...base, ...deps }),
    change(edit = MOVED_PRICE) {
      for (const [path, html] of pages) site.put(path, edit(html as string));
    },
    async run(name, status = 'succeeded') {
      const inForce = await definitionOf(source.db, source.id);
      if (!inForce) throw new Error(`Source "${source.id}" is not in force.`);
      await source.redefine(inForce.definition);
      await source.collectRun(name, status);
      // Runs of the harness began long ago.
      await sql`update runs set started_at = finished_at where id = ${`${source.id}:${name}`}`.execute(
        source.db,
      );
    },
    async incident() {
      const [newest] = await readIncidents(source.db, { source: source.id, limit: 1 });
      if (!newest) throw new Error('There is no incident.');
      return newest;
    },
    async reference() {
      const { id } = await stage.incident();
      return { tenant: 'default', source: source.id, incident: id };
    },
    async apply(changes, repair) {
      await source.redefine(changes);
      const policy = repair ? { repair } : {};
      await storeRevision(source.db, {
        definitions: [source.definition()],
        author: 'test',
        ...policy,
      });
    },
    async untilChosen() {
      await stage.run('good');
      stage.change();
      await stage.run('broken', 'failed');
      const reference = await stage.reference();
      return { reference, fix: await choose(stage, reference) };
    },
    async deploy({ patchDigest }) {
      const reference = await stage.reference();
      const { policyHash } = await stage.act.openRepair(reference);
      const how = { policyHash, decidedBy: 'ana', proven: true };
      return stage.act.deployFix({ ...reference, patchDigest, ...how });
    },
    close: () => site.close(),
  };
  await stage.apply({});
  return stage;
}

async function choose(
  { act }: Pick<RepairCaseStage, 'act'>,
  reference: IncidentReference,
): Promise<ChosenFix> {
  const { evidence } = await act.gatherEvidence(reference);
  const attempt = { ...reference, attempt: 1, evidence };
  const { candidates, abstained } = await act.proposeFixes({ ...attempt, refused: [] });
  const digests = candidates.map(({ patchDigest }) => patchDigest);
  const { chosen, because }: CheckedFixes = await act.checkCandidates({
    ...attempt,
    candidates: digests,
  });
  if (!chosen) throw new Error(`Nothing was chosen: ${because} ${JSON.stringify(abstained)}`);
  return chosen;
}

/** Each call as the worker would make it: with a context to beat in, and one that may be cancelled. */
function activitiesOf(deps: RepairDependencies): RepairActivities {
  const made = repairActivities(deps);
  const run =
    <I, O>(activity: (input: I) => Promise<O>) =>
    (input: I): Promise<O> => {
      const info = { heartbeatTimeoutMs: 60_000, startToCloseTimeoutMs: 600_000 };
      const logger = new DefaultLogger('ERROR', () => undefined);
      return new MockActivityEnvironment(info, { logger }).run(() => activity(input));
    };
  return {
    openRepair: run((input) => made.openRepair(input)),
    reproduceFailure: run((input) => made.reproduceFailure(input)),
    gatherEvidence: run((input) => made.gatherEvidence(input)),
    proposeFixes: run((input) => made.proposeFixes(input)),
    checkCandidates: run((input) => made.checkCandidates(input)),
    proveFix: run((input) => made.proveFix(input)),
    readGate: run((input) => made.readGate(input)),
    recordDecision: run((input) => made.recordDecision(input)),
    deployFix: run((input) => made.deployFix(input)),
    watchProbation: run((input) => made.watchProbation(input)),
    rollbackFix: run((input) => made.rollbackFix(input)),
    readRecovery: run((input) => made.readRecovery(input)),
    tellOfRepair: run((input) => made.tellOfRepair(input)),
    recordStage: run((input) => made.recordStage(input)),
    closeIncident: run((input) => made.closeIncident(input)),
  };
}
