import { cancellationSignal } from '@temporalio/activity';
import {
  endHeldDeletion,
  markHeldDeleting,
  readApprovedSet,
  type ApprovedSet,
} from '../../adapters/postgres/held-deletions.ts';
import { definitionByDigest } from '../../adapters/postgres/revisions.ts';
import { whileSourceRests } from '../../adapters/postgres/source-at-rest.ts';
import type { DeleteHeldInput, HeldDeletion } from '../../workflows/approval/activities.ts';
import { shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import { DELETION_STEP, deleteDocuments } from '../collection/delete-documents.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { FORGETS } from '../mending/forget-source.ts';
import { removeEvidence } from '../mending/remove-evidence.ts';

/** Carries an approval out, step by step between two runs of the source. Safe to repeat at any point. */
export async function deleteHeld(
  input: DeleteHeldInput,
  deps: CollectionDependencies,
): Promise<HeldDeletion> {
  const { tenant, source, digest } = input;
  const [set, definition] = [
    await readApprovedSet(deps.db, input),
    await definitionByDigest(deps.db, input.definitionDigest),
  ];
  if (!set || !definition) throw notThere(input, set ? 'definition' : 'approved set');
  const progress = { looked: 0 };
  return withHeartbeat(
    () => ({ phase: 'deleting', ...progress }),
    async () => {
      for (let after = ''; ;) {
        const hashes = await whileSourceRests(deps.db, input, {
          isRunning: (run) => deps.approvals.isRunning(run),
          work: (run) => deleteStep({ input, set, definition, after, lastRun: run }, deps),
        });
        progress.looked += hashes.length;
        if (hashes.length < DELETION_STEP) break;
        after = hashes.at(-1) ?? '';
      }
      // What was kept of its pages is a copy of what goes.
      if (set.run.startsWith(FORGETS)) await removeEvidence(definition, deps, cancellationSignal());
      return endHeldDeletion(deps.db, { tenant, source, digest, rule: ruleOf(set, digest) });
    },
  );
}

interface Step {
  readonly input: DeleteHeldInput;
  readonly set: ApprovedSet;
  readonly definition: SourceDefinition;
  readonly after: string;
  readonly lastRun: string | null;
}

async function deleteStep(
  { input, set, definition, after, lastRun }: Step,
  deps: CollectionDependencies,
): Promise<readonly string[]> {
  const { tenant, source, digest } = input;
  const rule = ruleOf(set, digest);
  let looked: readonly string[] = [];
  await deleteDocuments(
    {
      tenant,
      source,
      run: set.run,
      // It has ended, and its report said that nothing was deleted.
      counted: false,
      target: definition.knowledgeBase,
      lastRun,
      async mark() {
        const step = await markHeldDeleting(deps.db, { ...input, after, limit: DELETION_STEP });
        looked = step.hashes;
        return step.going.map((one) => ({ ...one, rule }));
      },
    },
    deps,
  );
  return looked;
}

function ruleOf({ decidedBy }: ApprovedSet, digest: string): string {
  return `approved by ${decidedBy ?? 'somebody'}, held set ${shortDigest(digest)}`;
}

function notThere({ source, digest }: DeleteHeldInput, what: string): Error {
  return failure(
    'NotFound',
    `There is no ${what} for held set "${shortDigest(digest)}" of source "${source}" any more. Run the source again: what is still missing is asked about anew.`,
  );
}
