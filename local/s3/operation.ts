/** Where a request points: at the service, at a bucket or at an object. */
export type Scope = 'Service' | 'Bucket' | 'Object';

/** Every operation that this server performs; everything else is answered with 501 and its name. */
export type Operation =
  | 'AbortMultipartUpload'
  | 'CompleteMultipartUpload'
  | 'CopyObject'
  | 'CreateBucket'
  | 'CreateMultipartUpload'
  | 'DeleteObject'
  | 'DeleteObjects'
  | 'GetObject'
  | 'HeadBucket'
  | 'HeadObject'
  | 'ListBuckets'
  | 'ListMultipartUploads'
  | 'ListObjectsV2'
  | 'ListParts'
  | 'PutObject'
  | 'UploadPart';

export interface OperationHints {
  readonly method: string;
  readonly scope: Scope;
  readonly query: ReadonlyMap<string, string>;
  /** The request carries `x-amz-copy-source`. */
  readonly copies: boolean;
}

/**
 * The name of the operation that a request asks for, as S3 names it: one of `Operation`, or another name,
 * for example `GetObjectTagging`, that the server does not know how to perform.
 */
export function operationOf(hints: OperationHints): string {
  const rule = RULES.find(
    ({ method, scope, query, copies }) =>
      method === hints.method &&
      scope === hints.scope &&
      (copies ?? false) === hints.copies &&
      query.every((name) => matchesQuery(hints.query, name)) &&
      !hasOtherSubresource(hints.query, query),
  );
  return rule?.name ?? unknownOperation(hints);
}

interface Rule {
  readonly name: Operation;
  readonly method: string;
  readonly scope: Scope;
  readonly query: readonly string[];
  readonly copies?: boolean;
}

const RULES: readonly Rule[] = [
  { name: 'ListBuckets', method: 'GET', scope: 'Service', query: [] },
  { name: 'CreateBucket', method: 'PUT', scope: 'Bucket', query: [] },
  { name: 'HeadBucket', method: 'HEAD', scope: 'Bucket', query: [] },
  { name: 'ListObjectsV2', method: 'GET', scope: 'Bucket', query: ['list-type=2'] },
  { name: 'ListMultipartUploads', method: 'GET', scope: 'Bucket', query: ['uploads'] },
  { name: 'DeleteObjects', method: 'POST', scope: 'Bucket', query: ['delete'] },
  { name: 'CreateMultipartUpload', method: 'POST', scope: 'Object', query: ['uploads'] },
  { name: 'CompleteMultipartUpload', method: 'POST', scope: 'Object', query: ['uploadId'] },
  { name: 'UploadPart', method: 'PUT', scope: 'Object', query: ['partNumber', 'uploadId'] },
  { name: 'AbortMultipartUpload', method: 'DELETE', scope: 'Object', query: ['uploadId'] },
  { name: 'ListParts', method: 'GET', scope: 'Object', query: ['uploadId'] },
  { name: 'CopyObject', method: 'PUT', scope: 'Object', query: [], copies: true },
  { name: 'PutObject', method: 'PUT', scope: 'Object', query: [] },
  { name: 'GetObject', method: 'GET', scope: 'Object', query: [] },
  { name: 'HeadObject', method: 'HEAD', scope: 'Object', query: [] },
  { name: 'DeleteObject', method: 'DELETE', scope: 'Object', query: [] },
];

/** Query parameters that turn a request into another operation. */
const SUBRESOURCES: ReadonlySet<string> = new Set(
  (
    'accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle ' +
    'list-type location logging metadataConfiguration metadataTable metrics notification object-lock ' +
    'ownershipControls partNumber policy policyStatus publicAccessBlock renameObject replication requestPayment ' +
    'restore retention select session tagging torrent uploadId uploads versioning versions website'
  ).split(' '),
);

function matchesQuery(query: ReadonlyMap<string, string>, wanted: string): boolean {
  const [name = '', value] = wanted.split('=');
  return value === undefined ? query.has(name) : query.get(name) === value;
}

function hasOtherSubresource(
  query: ReadonlyMap<string, string>,
  wanted: readonly string[],
): boolean {
  const names = new Set(wanted.map((one) => one.split('=')[0]));
  return [...query.keys()].some((name) => SUBRESOURCES.has(name) && !names.has(name));
}

function unknownOperation({ method, scope, query, copies }: OperationHints): string {
  if (copies && query.has('partNumber')) return 'UploadPartCopy';
  const subresource = [...query.keys()].find((name) => SUBRESOURCES.has(name));
  if (subresource === undefined && scope === 'Bucket' && method === 'GET') return 'ListObjects';
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return `${verb}${scope}${subresource === undefined ? '' : camelCase(subresource)}`;
}

function camelCase(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
