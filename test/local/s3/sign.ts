import { createHash, createHmac } from 'node:crypto';
import { TEST_CREDENTIALS } from './running-server.ts';

/** What to sign: a path without characters that need encoding. */
export interface ToSign {
  readonly method: string;
  readonly url: string;
  readonly at: Date;
  readonly expiresSeconds: number;
  readonly query?: Readonly<Record<string, string>>;
}

/** A URL that may be used without credentials until it expires: AWS Signature Version 4 in the query. */
export function presign({ method, url, at, expiresSeconds, query = {} }: ToSign): string {
  const { host, pathname, origin } = new URL(url);
  const amzDate = amzDateOf(at);
  const scope = `${amzDate.slice(0, 8)}/eu-central-1/s3/aws4_request`;
  const parameters = Object.entries({
    ...query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${TEST_CREDENTIALS.accessKeyId}/${scope}`,
    'X-Amz-Date': amzDate,
    'X-Amz-Expires': String(expiresSeconds),
    'X-Amz-SignedHeaders': 'host',
  })
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
    .join('&');
  const canonical = [method, pathname, parameters, `host:${host}\n`, 'host', 'UNSIGNED-PAYLOAD'];
  const signature = sign(stringToSign(amzDate, scope, canonical.join('\n')), scope);
  return `${origin}${pathname}?${parameters}&X-Amz-Signature=${signature}`;
}

/** The headers of a signed request. `payload` is the value of `x-amz-content-sha256`. */
export function signedHeaders(request: {
  readonly method: string;
  readonly url: string;
  readonly payload: string;
  readonly at: Date;
  readonly headers?: Readonly<Record<string, string>>;
}): Readonly<Record<string, string>> {
  const { host, pathname } = new URL(request.url);
  const amzDate = amzDateOf(request.at);
  const scope = `${amzDate.slice(0, 8)}/eu-central-1/s3/aws4_request`;
  const headers: Record<string, string> = {
    ...request.headers,
    host,
    'x-amz-content-sha256': request.payload,
    'x-amz-date': amzDate,
  };
  const names = Object.keys(headers).toSorted();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = [request.method, pathname, '', lines, names.join(';'), request.payload];
  const signature = sign(stringToSign(amzDate, scope, canonical.join('\n')), scope);
  const credential = `Credential=${TEST_CREDENTIALS.accessKeyId}/${scope}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

function amzDateOf(at: Date): string {
  return at.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

function stringToSign(amzDate: string, scope: string, canonical: string): string {
  const hash = createHash('sha256').update(canonical).digest('hex');
  return ['AWS4-HMAC-SHA256', amzDate, scope, hash].join('\n');
}

function sign(text: string, scope: string): string {
  const key = scope
    .split('/')
    .reduce<Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      Buffer.from(`AWS4${TEST_CREDENTIALS.secretAccessKey}`),
    );
  return createHmac('sha256', key).update(text).digest('hex');
}
