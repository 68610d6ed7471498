import type { S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';

/** What a request says about its own signature, before anybody has checked it. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  /** `YYYYMMDD`, as in the credential. */
  readonly day: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string;
  readonly payload: string;
  /** Only in presigned URLs: 1 second to 7 days. */
  readonly expiresSeconds?: number;
}

/**
 * Reads the `Authorization` header, or the `X-Amz-…` parameters of a presigned URL.
 * @throws AccessDenied - there is neither.
 * @throws AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidRequest
 */
export function readClaim(request: S3Request): SignatureClaim {
  const authorization = request.sentHeaders.get('authorization');
  if (authorization !== undefined) return headerClaim(request, authorization);
  if (request.query.has('X-Amz-Signature') || request.query.has('X-Amz-Algorithm')) {
    return presignedClaim(request);
  }
  throw new S3Error(
    'AccessDenied',
    'Access Denied. Sign the request: there is no anonymous access.',
  );
}

/** Milliseconds of a time such as `20261120T140200Z`, which was checked before. */
export function amzDateMs(amzDate: string): number {
  return Date.parse(
    amzDate.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

function headerClaim(request: S3Request, authorization: string): SignatureClaim {
  if (!authorization.startsWith('AWS4-HMAC-SHA256 ')) {
    throw new S3Error(
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Use AWS4-HMAC-SHA256.',
    );
  }
  const parts = new Map(
    authorization
      .slice('AWS4-HMAC-SHA256 '.length)
      .split(',')
      .map((part) => part.trim().split(/=(.*)/s, 2) as [string, string]),
  );
  const payload = request.sentHeaders.get('x-amz-content-sha256');
  if (payload === undefined) {
    throw new S3Error(
      'InvalidRequest',
      'Missing required header for this request: x-amz-content-sha256',
    );
  }
  const date = request.sentHeaders.get('x-amz-date');
  return readParts(
    {
      credential: parts.get('Credential'),
      signedHeaders: parts.get('SignedHeaders'),
      signature: parts.get('Signature'),
      date,
      payload,
    },
    'AuthorizationHeaderMalformed',
  );
}

const MAX_EXPIRES_SECONDS = 604_800;

function presignedClaim({ query, sentHeaders }: S3Request): SignatureClaim {
  const expiresSeconds = Number(query.get('X-Amz-Expires') ?? Number.NaN);
  const inRange = expiresSeconds >= 1 && expiresSeconds <= MAX_EXPIRES_SECONDS;
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256' || !inRange) {
    throw new S3Error(
      'AuthorizationQueryParametersError',
      'X-Amz-Algorithm must be AWS4-HMAC-SHA256 and X-Amz-Expires a number of seconds from 1 to 604800.',
    );
  }
  const claim = readParts(
    {
      credential: query.get('X-Amz-Credential'),
      signedHeaders: query.get('X-Amz-SignedHeaders'),
      signature: query.get('X-Amz-Signature'),
      date: query.get('X-Amz-Date'),
      payload:
        query.get('X-Amz-Content-Sha256') ??
        sentHeaders.get('x-amz-content-sha256') ??
        'UNSIGNED-PAYLOAD',
    },
    'AuthorizationQueryParametersError',
  );
  return { ...claim, expiresSeconds };
}

interface ClaimParts {
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
  readonly date: string | undefined;
  readonly payload: string;
}

type MalformedCode = 'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError';

function readParts(parts: ClaimParts, code: MalformedCode): SignatureClaim {
  const { credential, signedHeaders, signature, date, payload } = parts;
  if (!credential || !signedHeaders || !signature) {
    throw new S3Error(code, 'Credential, SignedHeaders and Signature are all required.');
  }
  if (date === undefined || !/^\d{8}T\d{6}Z$/.test(date)) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid x-amz-date.');
  }
  const [accessKeyId = '', day = '', region = '', service, terminator, ...rest] =
    credential.split('/');
  if (
    service !== 's3' ||
    terminator !== 'aws4_request' ||
    rest.length > 0 ||
    !date.startsWith(day)
  ) {
    throw new S3Error(
      code,
      `The credential is malformed. Expected "<access key id>/${date.slice(0, 8)}/<region>/s3/aws4_request".`,
    );
  }
  const names = signedHeaders.split(';');
  if (!names.includes('host')) throw new S3Error(code, 'The host header must be signed.');
  return { accessKeyId, day, region, signedHeaders: names, signature, amzDate: date, payload };
}
