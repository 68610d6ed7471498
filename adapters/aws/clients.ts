import { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { renewCredentials, type Renewable } from './renew-credentials.ts';
import { requestHandler } from './request-handler.ts';

interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AwsClientOptions {
  /** Absent: the SDK looks into its own environment and profile. */
  readonly region?: string;
  /** Whole URLs. Absent: `AWS_ENDPOINT_URL_<SERVICE>`, then `AWS_ENDPOINT_URL`, then AWS itself; S3 then addresses
   * buckets by host name unless the endpoint is an IP address. */
  readonly endpoints?: {
    readonly s3?: string;
    readonly bedrockAgent?: string;
    readonly bedrockAgentRuntime?: string;
    readonly cloudwatch?: string;
    readonly secretsManager?: string;
  };
  /** Absent: the SDK's own chain of providers. */
  readonly credentials?: AwsCredentials;
}

/** One client a service and process, each made when it is first read. */
export interface AwsClients {
  readonly s3: S3Client;
  readonly bedrockAgent: BedrockAgentClient;
  readonly bedrockAgentRuntime: BedrockAgentRuntimeClient;
  readonly cloudwatch: CloudWatchClient;
  readonly secretsManager: SecretsManagerClient;
  /** Closes the sockets of every client that was made. Calls in flight fail. */
  close(): void;
}

/**
 * The AWS clients with the limits that the SDK leaves out: it has no timeout of its own, and would hang for ever.
 * Nothing is contacted before the first call. Endpoints that are not Amazon's get path-style bucket addresses.
 */
export function createAwsClients(options: AwsClientOptions = {}): AwsClients {
  const endpoints = options.endpoints ?? {};
  const made: { destroy(): void }[] = [];
  const kept = <Client extends Renewable & { destroy(): void }>(
    create: () => Client,
  ): (() => Client) =>
    once(() => {
      const client = renewCredentials(create());
      made.push(client);
      return client;
    });
  const common = (endpoint: string | undefined) => ({
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.credentials === undefined ? REREAD_FILES : { credentials: options.credentials }),
    ...(endpoint === undefined ? {} : { endpoint, ...variants(endpoint) }),
  });

  const s3 = kept(() => createS3(common(endpoints.s3)));
  const bedrockAgent = kept(
    () =>
      new BedrockAgentClient({
        ...common(endpoints.bedrockAgent),
        maxAttempts: 2,
        requestHandler: requestHandler(30_000),
      }),
  );
  const bedrockAgentRuntime = kept(
    () =>
      new BedrockAgentRuntimeClient({
        ...common(endpoints.bedrockAgentRuntime),
        maxAttempts: 2,
        // Its default handler speaks HTTP/2, which endpoints on HTTP/1.1 answer with "Protocol error".
        requestHandler: requestHandler(60_000),
      }),
  );
  const cloudwatch = kept(
    () =>
      new CloudWatchClient({
        ...common(endpoints.cloudwatch),
        // PutMetricData is not idempotent: a repeat would count twice.
        maxAttempts: 1,
        requestHandler: requestHandler(10_000),
      }),
  );
  const secretsManager = kept(
    () =>
      new SecretsManagerClient({
        ...common(endpoints.secretsManager),
        maxAttempts: 2,
        requestHandler: requestHandler(10_000),
      }),
  );

  return {
    get s3() {
      return s3();
    },
    get bedrockAgent() {
      return bedrockAgent();
    },
    get bedrockAgentRuntime() {
      return bedrockAgentRuntime();
    },
    get cloudwatch() {
      return cloudwatch();
    },
    get secretsManager() {
      return secretsManager();
    },
    close: () => {
      for (const client of made.splice(0)) client.destroy();
    },
  };
}

type CommonConfig = {
  readonly region?: string;
  readonly credentials?: AwsCredentials;
  readonly endpoint?: string;
};

/** For the SDK's own chain of providers: a file with credentials is read each time they are asked for, not once a process. */
const REREAD_FILES = { ignoreCache: true };

function createS3(common: CommonConfig): S3Client {
  return new S3Client({
    ...common,
    ...(common.endpoint === undefined ? {} : { forcePathStyle: !isAmazon(common.endpoint) }),
    maxAttempts: 2,
    // Measured: these two take a third off the CPU time of a PUT. Our uploads send a SHA-256 themselves.
    cacheMiddleware: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: requestHandler(60_000),
  });
}

/** The SDK refuses an endpoint together with a variant of Amazon's own that a shell or profile asks for (AWS_USE_FIPS_ENDPOINT). */
function variants(endpoint: string) {
  return isAmazon(endpoint) ? {} : { useFipsEndpoint: false, useDualstackEndpoint: false };
}

function isAmazon(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}

function once<Value>(create: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: create() };
    return made.value;
  };
}
