import { DEFAULT_TENANT } from '../../workflows/collection/ids.ts';
import { shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import { decide, type DecisionOptions } from '../decide.ts';
import { mend } from '../mending.ts';
import { Problem } from '../problem.ts';
import type { Answer, Context } from './command.ts';

/** Deletes what a source that left the definitions has left behind: asks as a held deletion does, then takes the answer of who sits there. */
export async function forget(context: Context<DecisionOptions>): Promise<Answer> {
  const [source = ''] = context.positionals;
  const system = await context.system();
  // The worker looks up whose source it was.
  const wanted = { verb: 'forget', tenant: DEFAULT_TENANT, source } as const;
  const { digest } = await mend(system, wanted, context.terminal);
  if (digest === undefined)
    throw new Problem(`Nothing is stored of "${source}".`, { failure: 'NotFound' });
  return decide({ ...context, positionals: [shortDigest(digest)] }, 'approve');
}
