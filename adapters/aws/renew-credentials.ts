import { Readable } from 'node:stream';

interface Identity {
  readonly accessKeyId: string;
  readonly sessionToken?: string;
}

interface Call {
  readonly input: object;
}

type Send<Answer> = (call: Call) => Promise<Answer>;

/** What the clients of all services have in common. */
export interface Renewable {
  readonly config: {
    readonly credentials: (options?: { readonly forceRefresh?: boolean }) => Promise<Identity>;
  };
  readonly middlewareStack: {
    add(
      middleware: <Answer>(next: Send<Answer>) => Send<Answer>,
      options: { readonly step: 'initialize'; readonly name: string },
    ): void;
  };
}

/**
 * Makes a client ask its provider again when AWS calls its credentials expired, and send the request once more with what it then gets. The
 * SDK goes by the date that the provider gave, and would keep a token that was revoked, or rotated in a file, for as long as the process lives.
 */
export function renewCredentials<Client extends Renewable>(client: Client): Client {
  const { config, middlewareStack } = client;
  middlewareStack.add(
    (next) => async (call) => {
      const before = await config.credentials();
      try {
        return await next(call);
      } catch (error) {
        const again = isExpired(error) && canBeSentAgain(call);
        if (!again || !(await isRenewed(config, before))) throw error;
        return next(call);
      }
    },
    { step: 'initialize', name: 'renewCredentials' },
  );
  return client;
}

/** Of many calls that are refused together the first one asks: the provider may be a program, or a service with limits of its own. */
async function isRenewed({ credentials }: Renewable['config'], before: Identity): Promise<boolean> {
  const known = await credentials();
  if (!isSame(known, before)) return true;
  return !isSame(await credentials({ forceRefresh: true }), before);
}

function isSame(left: Identity, right: Identity): boolean {
  return left.accessKeyId === right.accessKeyId && left.sessionToken === right.sessionToken;
}

/** `ExpiredToken` of S3, `ExpiredTokenException` of the others; where the answer has no body, as that to a HEAD, nothing but a 400. */
function isExpired(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const isSilent = error.name === 'Unknown' && $metadata?.httpStatusCode === 400;
  return isSilent || error.name.startsWith('ExpiredToken');
}

/** A stream was read by the first try. */
function canBeSentAgain({ input }: Call): boolean {
  return !Object.values(input).some((value) => value instanceof Readable);
}
