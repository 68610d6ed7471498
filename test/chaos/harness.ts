import { openArena, type Arena } from './arena.ts';
import type { Violation } from './evidence.ts';
import type { Fault } from './fault.ts';
import { gather } from './gather/index.ts';
import { check } from './invariants/index.ts';
import { quiescence, startSync } from './quiescence.ts';
import { createRandom } from './random.ts';
import type { Stage } from './stage.ts';
import { openStory, type Story } from './story.ts';

/** `void`: nothing is wrong, but the fault was not seen to happen, so nothing is proved. */
export type Verdict = 'passed' | 'violated' | 'void' | 'skipped';

export interface ChaosReport {
  readonly fault: string;
  readonly title: string;
  readonly seed: number;
  readonly verdict: Verdict;
  /** What the seed made of the fault, step by step. */
  readonly script: readonly string[];
  readonly observed: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  /** Why it was skipped. */
  readonly reason?: string;
  readonly tookMs: number;
}

/** No step, and no wait, is longer; what hangs is a violation. */
const STEP_WITHIN_MS = 240_000;

/** Runs one fault by one seed in an arena of its own, heals it, waits for quiescence, and lets the checker judge. */
export async function runFault(stage: Stage, fault: Fault, seed: number): Promise<ChaosReport> {
  const startedAt = performance.now();
  const { id, title } = fault;
  const steps = fault.script(createRandom(seedOf(fault, seed)));
  const head = { fault: id, title, seed, script: steps.map(({ says }) => says) };
  const took = (): number => Math.round(performance.now() - startedAt);
  const reason = await fault.missing?.();
  if (reason !== undefined)
    return { ...head, verdict: 'skipped', observed: {}, violations: [], reason, tookMs: took() };
  const { workload, workers, settings, repair } = fault;
  await using arena = await openArena(stage, {
    seed,
    workload,
    ...(workers === undefined ? {} : { workers }),
    ...(settings === undefined ? {} : { settings }),
    ...(repair === undefined ? {} : { repair }),
  });
  const violations = await live(arena, { ...fault, script: () => steps }).catch(
    (error: unknown) => [expected(`The harness broke: ${messageOf(error)}`)],
  );
  const observed = fault.observe(arena);
  const verdict = judge(violations, observed);
  return { ...head, verdict, observed, violations, tookMs: took() };
}

/** The script of a seed, without running it. */
export function scriptOf(fault: Fault, seed: number): readonly string[] {
  return fault.script(createRandom(seedOf(fault, seed))).map(({ says }) => says);
}

/** Different faults make different choices by the same seed. */
function seedOf({ id }: Fault, seed: number): number {
  return seed * 1009 + Number(id.slice(1));
}

function judge(violations: readonly Violation[], observed: ChaosReport['observed']): Verdict {
  if (violations.length > 0) return 'violated';
  const counts = Object.values(observed);
  return counts.length > 0 && counts.every((count) => count > 0) ? 'passed' : 'void';
}

async function live(arena: Arena, fault: Fault): Promise<readonly Violation[]> {
  const story = openStory(arena);
  await startSync(arena);
  const broken = await play(arena, story, fault);
  await heal(arena);
  if (fault.heals === 'by the next run' || broken.length > 0) await nextRun(story, broken);
  const still = await quiescence(arena);
  const evidence = await gather(arena, fault.excuses?.(arena));
  return [
    ...broken,
    ...(still ? [] : [expected('The system did not come to rest.')]),
    ...check(evidence),
    ...(fault.expects?.(arena, evidence) ?? []).map((says) => expected(says)),
  ];
}

async function play(arena: Arena, story: Story, fault: Fault): Promise<Violation[]> {
  const broken: Violation[] = [];
  for (const step of fault.script(arena.random)) {
    try {
      await within(STEP_WITHIN_MS, step.act(arena, story));
    } catch (error) {
      broken.push(expected(`"${step.says}": ${messageOf(error)}`));
      break;
    }
  }
  return broken;
}

async function nextRun(story: Story, broken: Violation[]): Promise<void> {
  try {
    await within(STEP_WITHIN_MS, story.ends());
    await story.collect();
    await within(STEP_WITHIN_MS, story.ends());
  } catch (error) {
    broken.push(expected(`The next run: ${messageOf(error)}`));
  }
}

/** Takes every accident back: roads, services, sources, workers. */
async function heal({ roads, cloud, crew, site, feed, stage }: Arena): Promise<void> {
  await stage.temporal.start();
  for (const road of Object.values(roads)) road.apply({ kind: 'pass' });
  cloud.s3Faults.length = 0;
  cloud.bedrockFaults.clear();
  site.pretend();
  await feed.behave({});
  for (const member of crew.members()) if (member.stopped) await crew.signal(member, 'SIGCONT');
  await crew.fill();
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`It took longer than ${ms} ms.`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function expected(says: string): Violation {
  return { of: 'expected', says };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
