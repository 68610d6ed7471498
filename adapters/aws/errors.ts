import { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../workflows/failures.ts';

/** What was asked of AWS, for the sentence of a failure. */
export interface AwsCallContext {
  /** IAM prefix and API operation: `s3:PutObject`, `bedrock:StartIngestionJob`. */
  readonly operation: string;
  /** A phrase with the names in double quotes: `bucket "docs"`, `knowledge base "KB12"`. */
  readonly resource: string;
}

/**
 * Runs one call of an AWS client and lets only our failures out; one that `call` throws itself passes as it is.
 * A call that was aborted through `signal` throws the reason of the signal, so that a cancellation stays one.
 */
export async function callAws<Answer>(
  context: AwsCallContext,
  signal: AbortSignal,
  call: () => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ApplicationFailure ? error : awsFailure(error, context);
  }
}

/**
 * The failure of ours that an error of any AWS client means. Its details are
 * `{ awsError, status?, requestId?, operation }`; the SDK's error is the cause. A `Retry-After` in seconds is honoured.
 */
export function awsFailure(error: unknown, context: AwsCallContext): ApplicationFailure {
  const seen = readAwsError(error);
  const name = failureName(seen);
  return failure(name, sentence(name, seen, context), {
    cause: error,
    // A secret and a model belong to one source; buckets, knowledge bases and the role are everybody's.
    ...(OF_ONE_SOURCE.test(context.operation) ? {} : { platform: true }),
    details: {
      awsError: seen.name,
      operation: context.operation,
      ...(seen.status === undefined ? {} : { status: seen.status }),
      ...(seen.requestId === undefined ? {} : { requestId: seen.requestId }),
    },
    ...(seen.retryAfterMs === undefined ? {} : { retryAfterMs: seen.retryAfterMs }),
  });
}

const OF_ONE_SOURCE = /^(secretsmanager:|bedrock:Converse$)/;

type AwsFailureName =
  | 'AccessDenied'
  | 'AgentTimeout'
  | 'Conflict'
  | 'Defect'
  | 'InvalidConfig'
  | 'InvalidDocument'
  | 'NotFound'
  | 'QuotaExceeded'
  | 'Throttled'
  | 'Unavailable';

interface SeenError {
  readonly name: string;
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly code?: string;
  readonly retryAfterMs?: number;
}

interface SdkErrorShape {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

function readAwsError(error: unknown): SeenError {
  const shape: SdkErrorShape = typeof error === 'object' && error !== null ? error : {};
  const status = shape.$metadata?.httpStatusCode;
  const requestId = shape.$metadata?.requestId;
  const retryAfterMs = retryAfter(shape.$response?.headers?.['retry-after']);
  return {
    name: typeof shape.name === 'string' ? shape.name : 'UnknownError',
    message: typeof shape.message === 'string' ? shape.message : String(error),
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(typeof shape.code === 'string' ? { code: shape.code } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function retryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** First rule that fits wins: a name says more than a status, which differs between services (quota is 400 or 402). */
function failureName(seen: SeenError): AwsFailureName {
  const byName = NAME_RULES.find(([pattern]) => pattern.test(seen.name));
  if (byName) return byName[1];
  if (seen.name === 'ValidationException' && CONCURRENT_DOCUMENTS.test(seen.message)) {
    return 'Throttled';
  }
  if (isSilentRefusal(seen)) return 'AccessDenied';
  if (seen.status !== undefined) return failureOfStatus(seen.status);
  return seen.code !== undefined && CONNECTION_CODES.test(seen.code) ? 'Unavailable' : 'Defect';
}

/** A HEAD with a session token that expired is answered like this: no body, and so no name. */
function isSilentRefusal({ name, status }: SeenError): boolean {
  return name === 'Unknown' && status === 400;
}

/** "concurrent IngestKnowledgeBaseDocuments and DeleteKnowledgeBaseDocuments requests": a limit in disguise. */
const CONCURRENT_DOCUMENTS = /concurrent .*KnowledgeBaseDocuments/i;

const NAME_RULES: readonly (readonly [RegExp, AwsFailureName])[] = [
  [/^ModelTimeout/, 'AgentTimeout'],
  [/ServiceQuotaExceeded|ResourceLimitExceeded|^TooManyBuckets$/, 'QuotaExceeded'],
  [/^(SlowDown|Throttl|TooManyRequests|RequestLimitExceeded|LimitExceeded|.*Throttl)/, 'Throttled'],
  // A wrong clock passes with a corrected offset.
  [/^(RequestTimeTooSkewed|RequestTimeout|TimeoutError|InternalError$)/, 'Unavailable'],
  // A body that was damaged on its way; sent again it is whole.
  [
    /^(BadDigest|XAmzContentChecksumMismatch|XAmzContentSHA256Mismatch|IncompleteBody)$/,
    'Unavailable',
  ],
  [
    /^(DependencyFailed|ModelNotReady|BadGateway|ServiceUnavailable|InternalServer|InternalService)/,
    'Unavailable',
  ],
  // `ExpiredToken`: the provider was asked again before, and had nothing newer.
  [
    /^(AccessDenied|ExpiredToken|Unauthorized|Forbidden|KMS|DecryptionFailure|EncryptionFailure|InvalidAccessKeyId|SignatureDoesNotMatch|UnrecognizedClient|InvalidSignature|MissingAuthentication|CredentialsProviderError|InvalidClientTokenId)/,
    'AccessDenied',
  ],
  // The fault of one object, not of its bucket: the others go on.
  [/^(KeyTooLong|MetadataTooLarge|EntityTooLarge)/, 'InvalidDocument'],
  // Somebody else gave up our upload, or completed it: a newer attempt.
  [/^NoSuchUpload$/, 'Conflict'],
  [/^(ResourceNotFound|NotFound|NoSuch)/, 'NotFound'],
  [
    /^(Conflict|RetryableConflict|ConcurrentModification|ConditionalRequestConflict|OperationAborted|PreconditionFailed|DuplicateId|BucketAlready)/,
    'Conflict',
  ],
];

function failureOfStatus(status: number): AwsFailureName {
  if (status === 501 || status === 505) return 'InvalidConfig';
  if (status >= 500 || status === 424 || status === 408) return 'Unavailable';
  // An error in spite of a good status: the answer was not readable, for example a proxy's page.
  if (status < 300) return 'Unavailable';
  return STATUS_NAMES.get(status) ?? 'InvalidConfig';
}

const STATUS_NAMES: ReadonlyMap<number, AwsFailureName> = new Map([
  [401, 'AccessDenied'],
  [402, 'QuotaExceeded'],
  [403, 'AccessDenied'],
  [404, 'NotFound'],
  [409, 'Conflict'],
  [412, 'Conflict'],
  [429, 'Throttled'],
]);

const CONNECTION_CODES =
  /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ERR_SSL|ERR_TLS|UND_ERR|CERT_|SELF_SIGNED|UNABLE_TO)/;

function sentence(name: AwsFailureName, seen: SeenError, context: AwsCallContext): string {
  return SENTENCES[name]({
    ...context,
    call: `${context.operation} on ${context.resource}`,
    error: seen.name,
    message: shortened(seen.message),
  });
}

interface SentenceFacts extends AwsCallContext {
  readonly call: string;
  readonly error: string;
  readonly message: string;
}

const SENTENCES: Readonly<Record<AwsFailureName, (facts: SentenceFacts) => string>> = {
  AccessDenied: (facts) => (CREDENTIALS.test(facts.error) ? refused(facts) : missingAction(facts)),
  AgentTimeout: ({ resource, error }) =>
    `${capitalised(resource)} did not finish its answer in time ("${error}"). The next attempt asks again.`,
  NotFound: ({ resource, operation, error }) =>
    `${capitalised(resource)} does not exist, as ${operation} found ("${error}"). Create it or mend its name.`,
  Throttled: ({ call, error }) =>
    `AWS asks to slow down: ${call} was answered with "${error}". The next attempt waits.`,
  QuotaExceeded: ({ call, error, message }) =>
    `A quota of AWS is used up: ${call} was answered with "${error}", "${message}". Raise that quota.`,
  Conflict: ({ operation, resource, error }) =>
    `Somebody else changed ${resource} during ${operation} ("${error}"). The next attempt reads it again.`,
  InvalidConfig: ({ call, error, message }) =>
    `AWS refuses ${call} with "${error}", "${message}". Mend the setting that it names.`,
  InvalidDocument: ({ resource, error, message }) =>
    `${capitalised(resource)} cannot be stored: "${error}", "${message}". Shorten what it names, or leave the document out.`,
  Unavailable: ({ call, error, message }) =>
    `The call ${call} got no useful answer: "${error}", "${message}". The next attempt asks again.`,
  Defect: ({ call, error, message }) =>
    `The call ${call} broke with "${error}", "${message}". Report it with the run id.`,
};

function refused({ call, error }: SentenceFacts): string {
  return `The credentials for ${call} were refused with "${error}". Renew them, then run again.`;
}

function missingAction({ operation, resource, error, message }: SentenceFacts): string {
  const action = IAM_ACTIONS.get(operation) ?? operation;
  return `The worker may not call ${action} on ${resource}. Add that action to its role. AWS said "${error}", "${message}".`;
}

const CREDENTIALS =
  /^(Unknown$|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch|UnrecognizedClient|InvalidSignature|MissingAuthentication|CredentialsProviderError|InvalidClientTokenId)/;

const MAX_MESSAGE_LENGTH = 300;

function shortened(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ').trim().replaceAll('"', "'");
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line;
}

function capitalised(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

/** Operations whose IAM action has another name. S3: "Required permissions for Amazon S3 API operations". */
const IAM_ACTIONS: ReadonlyMap<string, string> = new Map([
  ['bedrock:Converse', 'bedrock:InvokeModel'],
  ['s3:CompleteMultipartUpload', 's3:PutObject'],
  ['s3:CopyObject', 's3:GetObject and s3:PutObject'],
  ['s3:CreateMultipartUpload', 's3:PutObject'],
  ['s3:DeleteObjects', 's3:DeleteObject'],
  ['s3:HeadBucket', 's3:ListBucket'],
  ['s3:HeadObject', 's3:GetObject and s3:ListBucket'],
  ['s3:ListObjectsV2', 's3:ListBucket'],
  ['s3:UploadPart', 's3:PutObject'],
]);
