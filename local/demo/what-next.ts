import type { Incident } from '../../adapters/postgres/incidents.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import { DEMO_SOURCE } from './definitions.ts';
import type { Stage } from './story.ts';

/** What somebody may type who has seen the story. */
export function whatNext({ cli, temporal }: Stage, { id, tenant, source, outcome }: Incident) {
  const isInForce = outcome === 'pr-merged-unchanged' || outcome === 'auto-deployed-ok';
  const workflow = repairWorkflowId(tenant, source);
  return [
    cli('repairs'),
    cli(`repair show ${id}`),
    ...(isInForce
      ? [cli(`repair export ${id}`), cli(`repair rollback ${id} --reason "to see it"`)]
      : []),
    cli(`documents ${DEMO_SOURCE}`),
    cli('kill-switch'),
    temporal(`npm run temporal -- workflow show --workflow-id ${workflow}`),
  ];
}
