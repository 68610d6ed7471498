import type { Evidence } from '../evidence.ts';

/** I11: no canary stands in any history, log, object or row; a canary in Base64 is one too. */
export function secretsStaySecret({ texts, canaries }: Evidence): readonly string[] {
  return [...texts].flatMap(([where, text]) =>
    canaries
      .filter((canary) => text.includes(canary) || text.includes(base64Core(canary)))
      .map((canary) => `A secret ("${canary.slice(0, 8)}…") stands in ${where}.`),
  );
}

/** The part of a secret's Base64 that does not depend on what stands before and after it, for one alignment. */
function base64Core(canary: string): string {
  return Buffer.from(canary).toString('base64').slice(0, -4);
}
