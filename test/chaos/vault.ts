import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** AWS Secrets Manager as far as the product uses it: reading a secret by its name. */
export interface Vault {
  readonly url: string;
  readonly secrets: Map<string, string>;
  /** How often each secret was read. */
  readonly reads: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function startVault(): Promise<Vault> {
  const secrets = new Map<string, string>();
  const reads = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { SecretId } = JSON.parse(Buffer.concat(chunks).toString()) as { SecretId: string };
      reads.set(SecretId, (reads.get(SecretId) ?? 0) + 1);
      const SecretString = secrets.get(SecretId);
      response.writeHead(SecretString === undefined ? 400 : 200, {
        'content-type': 'application/x-amz-json-1.1',
      });
      const unknown = { __type: 'ResourceNotFoundException', message: 'There is none.' };
      response.end(JSON.stringify(SecretString === undefined ? unknown : { SecretString }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    secrets,
    reads,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
