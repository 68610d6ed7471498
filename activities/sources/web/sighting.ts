import type { Extraction, ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import type { FailureName } from '../../../workflows/failures.ts';
import type { WitnessedAnswer } from '../contract.ts';
import type { Visit } from './frontier.ts';
import type { Answer, Session } from './session.ts';

/** What a visit has come upon so far: the witness is told once, when it is clear what became of the page. */
export interface Sighting {
  /** Something answered; a second answer takes the place of the first. */
  answered(answer: Answer): void;
  readonly found: (extraction: Extraction, spec: ExtractionSpec) => void;
  /** It was read well. */
  good(id: string): void;
  failed(id: string, failure: { readonly name: FailureName; readonly detail: string }): void;
  /** Its site says that it is as it was. */
  unmodified(): void;
}

export function openSighting({ env, scope }: Session, visit: Visit): Sighting {
  const { witness } = env;
  let received: (() => WitnessedAnswer) | undefined;
  let extracted: { readonly extraction: Extraction; readonly spec: ExtractionSpec } | undefined;
  const tell = (
    id: string,
    failure?: { readonly name: FailureName; readonly detail: string },
  ): void =>
    witness?.page({
      id,
      url: visit.id,
      isSeed: scope.isSeed(visit.id),
      ...(received ? { answer: received() } : {}),
      ...extracted,
      ...(failure ? { failure } : {}),
    });
  return {
    answered(answer) {
      received = answer.received;
      extracted = undefined;
    },
    found: (extraction, spec) => void (extracted = { extraction, spec }),
    good: (id) => tell(id),
    failed: tell,
    unmodified: () => witness?.unmodified(),
  };
}
