import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NoticeMessage } from '../../workflows/notices/message.ts';

export interface ReceivedPost {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly message: NoticeMessage;
}

/** Answers one request; `undefined` breaks the connection off after the request was read. */
export type Answering = (post: ReceivedPost) =>
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | undefined;

/** Somebody's server on the other side of a webhook. */
export interface WebhookReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** As the allow-list of a worker names it. */
  readonly host: string;
  readonly posts: readonly ReceivedPost[];
  answer: Answering;
}

export async function startReceiver(): Promise<WebhookReceiver> {
  const posts: ReceivedPost[] = [];
  const receiver = { answer: (() => ({ status: 204 })) as Answering };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', url = '', headers } = request;
      const message = JSON.parse(text) as NoticeMessage;
      const post = { method, path: url, headers, text, message };
      posts.push(post);
      const answer = receiver.answer(post);
      if (answer === undefined) request.socket.destroy();
      else response.writeHead(answer.status, answer.headers).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    posts,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

/** As the documentation tells receivers to do it: true when the request is ours and was made lately. */
export function isSigned({ headers, text }: ReceivedPost, secret: string): boolean {
  const given = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-wellspring-signature']));
  const [, seconds = '', mac] = given ?? [];
  const isLately = Math.abs(Date.now() / 1000 - Number(seconds)) < 300;
  return (
    isLately && createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex') === mac
  );
}
