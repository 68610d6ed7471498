/**
 * What all workers share about hosts, so that a host meets one guest however many sources and processes ask it. One clock decides, that
 * of the store; every time comes as a distance from now.
 */
export interface HostLimits {
  /** Takes turns of a host, one after the other, in one step: nobody else gets them. Refused if the first one is too far away. */
  take(host: string, wanted: WantedTurns): Promise<TakenTurns>;
  /** The host has asked everybody to wait. A shorter wait does not end a longer one. */
  hold(host: string, forMs: number): Promise<void>;
  /** The copy of robots.txt, if there is one, and how long its host is still held. */
  look(origin: string, host: string): Promise<HostLook>;
  /** Keeps an answer to the question for robots.txt. */
  keep(origin: string, answer: RobotsAnswer): Promise<void>;
}

export interface WantedTurns {
  /** Between two requests. */
  readonly intervalMs: number;
  readonly turns: number;
  readonly maxWaitMs: number;
}

export interface TakenTurns {
  /** False: nothing was taken, and `waitMs` says when to come again. */
  readonly taken: boolean;
  /** Until the first turn; the others follow at the interval. */
  readonly waitMs: number;
}

export interface HostLook {
  readonly copy?: { readonly body: Buffer; readonly ageMs: number };
  /** 0 when the host is not held. */
  readonly heldMs: number;
}

export interface RobotsAnswer {
  readonly status?: number;
  /** What the rules are from now on; absent when the answer did not say. */
  readonly body?: Buffer;
  readonly problem?: string;
}
