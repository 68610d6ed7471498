import { mkdtemp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { redactor } from '../../../adapters/secrets/redact.ts';
import type { McpPlace } from '../../../adapters/mcp/errors.ts';
import type { McpSession } from '../../../adapters/mcp/session.ts';
import { failure } from '../../../workflows/failures.ts';
import { allowedCommand } from '../child-process/allowed-command.ts';
import { confinedCommand } from '../child-process/confined-command.ts';
import { childEnvironment } from '../child-process/environment.ts';
import { readErrorOutput, type ErrorOutput } from '../child-process/error-output.ts';
import type { SourceEnv } from '../contract.ts';
import type { McpConfig } from './config.ts';

/**
 * Connects to the server of a definition.
 * @throws what `connectMcp` throws, and PolicyDenied or InvalidConfig before a program is started.
 */
export function openMcp(config: McpConfig, env: SourceEnv): Promise<McpSession> {
  const { transport } = config;
  return transport.type === 'stdio'
    ? openStdio(transport, maxBytes(config, env), env)
    : openHttp(transport, maxBytes(config, env), env);
}

/** Largest document that is taken. */
export function maxBytes(config: McpConfig, env: SourceEnv): number {
  return Math.min(config.maxResourceBytes, env.settings.maxDocumentBytes);
}

const REQUEST_TIMEOUT_MS = 60_000;

/** Base64 and the escapes of JSON make an answer larger than what it carries; the exact bound is checked after decoding. */
function maxMessageBytes(maxResourceBytes: number): number {
  return 2 * maxResourceBytes + 1024 * 1024;
}

type Stdio = Extract<McpConfig['transport'], { type: 'stdio' }>;
type Http = Extract<McpConfig['transport'], { type: 'http' }>;

async function openStdio(stdio: Stdio, limitBytes: number, env: SourceEnv): Promise<McpSession> {
  const folder = await mkdtemp(join(env.temporaryDirectory, 'mcp-'));
  const cwd = stdio.cwd ?? folder;
  const program = allowedCommand(stdio.command, env.settings, cwd);
  const [command = program, ...args] = await confinedCommand(
    [program, ...(stdio.args ?? [])],
    stdio,
  );
  const { variables, secrets } = childEnvironment(stdio, env);
  const redact = redactor(secrets);
  let errors: ErrorOutput | undefined;
  const place = { name: basename(program), redact, errorTail: () => errors?.tail() ?? '' };
  const [{ connectMcp }, { stdioTransport }] = await Promise.all([
    import('../../../adapters/mcp/session.ts'),
    import('../../../adapters/mcp/stdio-transport.ts'),
  ]);
  return connectMcp({
    place,
    signal: env.signal,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    transport: (onOversize) =>
      stdioTransport({
        command,
        args,
        cwd,
        env: variables,
        maxMessageBytes: maxMessageBytes(limitBytes),
        onOversize,
        onErrorOutput: (stream) => (errors = readErrorOutput(stream, redact, env.log)),
      }),
  });
}

async function openHttp(http: Http, limitBytes: number, env: SourceEnv): Promise<McpSession> {
  const url = addressOf(http.url);
  const headers = http.headers ?? {};
  const place: McpPlace = {
    name: `${url.origin}${url.pathname}`,
    redact: redactor(Object.values(headers).flatMap((value) => [value, ...value.split(' ')])),
    errorTail: () => '',
  };
  const [{ connectMcp }, { httpTransport }, { createNet }] = await Promise.all([
    import('../../../adapters/mcp/session.ts'),
    import('../../../adapters/mcp/http-transport.ts'),
    import('../../../adapters/net/net.ts'),
  ]);
  const net = createNet({
    allowedHosts: env.settings.allowedHosts,
    userAgent: env.settings.userAgent,
    maxBodyBytes: maxMessageBytes(limitBytes),
    timeoutMs: REQUEST_TIMEOUT_MS,
  });
  try {
    const session = await connectMcp({
      place,
      signal: env.signal,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      transport: () => httpTransport({ url, headers, net, signal: env.signal }),
    });
    const close = async (): Promise<void> => {
      await session.close();
      await net.close();
    };
    return { ...session, close };
  } catch (error) {
    await net.close();
    throw error;
  }
}

function addressOf(text: string): URL {
  const url = URL.parse(text);
  if (url !== null) return url;
  throw failure(
    'InvalidConfig',
    'The "url" of the MCP server is no address. Use a whole one such as "https://example.com/mcp".',
  );
}
