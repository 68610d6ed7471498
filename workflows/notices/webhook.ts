import type { NoticeKind } from './notice.ts';

/** Somebody who is told, as `apply` stores it. Secret fields hold references, which a worker resolves for each request. */
export interface WebhookDefinition {
  readonly id: string;
  /** A secret field: some services put the token into the address. */
  readonly url: string;
  /** Signs each request. */
  readonly secret: string;
  /** All kinds, also those of later versions, where it is left out. */
  readonly events?: readonly NoticeKind[];
  /** Sent with each request; values are secret fields. */
  readonly headers?: Readonly<Record<string, string>>;
}
