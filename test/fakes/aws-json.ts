import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface AwsJsonRequest {
  /** As in `X-Amz-Target`. */
  readonly target: string;
  readonly body: Record<string, unknown>;
}

export interface AwsJsonAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AwsJsonServer {
  readonly url: string;
  readonly requests: readonly AwsJsonRequest[];
  close(): Promise<void>;
}

/** A server of the AWS JSON protocol: answers each request in turn from the script and fails the ones that are left over. */
export async function startAwsJson(answers: readonly AwsJsonAnswer[]): Promise<AwsJsonServer> {
  const requests: AwsJsonRequest[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      requests.push({
        target: String(request.headers['x-amz-target']),
        body: JSON.parse(text.toString()) as Record<string, unknown>,
      });
      const answer = left.shift() ?? {
        status: 500,
        body: { __type: 'InternalFailure', message: 'no answer is left in the script' },
      };
      response
        .writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
