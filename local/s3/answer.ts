import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { S3Answer } from './request.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** Sends an answer; to HEAD without its body. */
export async function sendAnswer(response: ServerResponse, answer: S3Answer): Promise<void> {
  const { status, headers = {}, body } = answer;
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    const isHead = response.req.method === 'HEAD';
    const length =
      headers['content-length'] ?? String(body === undefined ? 0 : Buffer.byteLength(body));
    response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': length });
    response.end(isHead ? undefined : body);
    return;
  }
  response.writeHead(status, headers);
  await pipeline(body, response);
}

/** Sends half of the body, then cuts the socket: a connection that broke at the worst time. */
export async function sendHalf(response: ServerResponse, answer: S3Answer): Promise<void> {
  const { status, headers = {}, body } = answer;
  const whole = body === undefined ? Buffer.alloc(0) : await collected(body);
  response.writeHead(status, { ...headers, 'content-length': String(Math.max(1, whole.length)) });
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => resolve());
  response.flushHeaders();
  await sent;
  cutSocket(response.req);
}

/** Ends the connection without an answer. */
export function cutSocket(request: IncomingMessage): void {
  request.socket.destroy();
}

/** An error as XML. What is no `S3Error` is a bug of this server, answered as InternalError with its message. */
export function errorAnswer(error: unknown, requestId: string, resource: string): S3Answer {
  const { code, status, message, fields } =
    error instanceof S3Error ? error : new S3Error('InternalError', String(error));
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('Error', [
      ['Code', code],
      ['Message', message],
      ...Object.entries(fields),
      ['Resource', resource],
      ['RequestId', requestId],
    ]),
  };
}

async function collected(body: string | Buffer | AsyncIterable<Buffer>): Promise<Buffer> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return Buffer.from(body);
  return Buffer.concat(await Array.fromAsync(body));
}
