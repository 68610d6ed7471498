import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { failure, type FailureName } from '../../workflows/failures.ts';
import { netFailure } from '../net/errors.ts';

export interface McpPlace {
  /** The program or the address without its query: what a sentence may show. */
  readonly name: string;
  /** Takes secrets out of what the server said. */
  redact(text: string): string;
  /** The end of the server's standard error, redacted; empty over HTTP. */
  errorTail(): string;
}

/** JSON-RPC and MCP codes that the specification gives a meaning (MCP 2025-11-25, "Resources", "Error handling"). */
export const METHOD_NOT_FOUND = -32_601;
export const RESOURCE_NOT_FOUND: ReadonlySet<number | undefined> = new Set([-32_602, -32_002]);

/** The code of an error that the server itself answered with. */
export function protocolCode(error: unknown): number | undefined {
  return error instanceof ProtocolError ? error.code : undefined;
}

export function isTimeout(error: unknown): boolean {
  return error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
}

/** The one mapping of the SDK's errors to our failures. */
export function mcpFailure(error: unknown, place: McpPlace): Error {
  if (error instanceof SdkHttpError) return httpFailure(error, place);
  if (error instanceof ProtocolError) return said(error, place);
  if (error instanceof SdkError && !('cause' in error && error.cause instanceof Error)) {
    const tail = place.errorTail();
    return failure(
      'SourceUnavailable',
      `The MCP server "${place.name}" did not answer (${error.code}). The next attempt asks again.`,
      { cause: error, details: { code: error.code, ...(tail ? { stderrTail: tail } : {}) } },
    );
  }
  return netFailure(error, place.name);
}

function said(error: ProtocolError, place: McpPlace): Error {
  const words = place.redact(error.message).slice(0, 200);
  return failure(
    'SourceUnavailable',
    `The MCP server "${place.name}" answered with error ${error.code}: "${words}". The next attempt asks again.`,
    { details: { code: error.code } },
  );
}

function httpFailure({ status }: SdkHttpError, { name }: McpPlace): Error {
  const [type, hint] = HTTP_FAILURES.get(status) ?? otherStatus(status);
  return failure(type, `The MCP server "${name}" answered ${status}. ${hint}`, {
    details: { status },
  });
}

const HTTP_FAILURES: ReadonlyMap<number, readonly [FailureName, string]> = new Map([
  [401, ['AuthExpired', 'Renew the credentials in "headers".']],
  [403, ['AccessDenied', 'Ask its owner for the right to read.']],
  [404, ['InvalidConfig', 'Look whether "url" is the address of its MCP endpoint.']],
  [405, ['InvalidConfig', 'Look whether "url" is the address of its MCP endpoint.']],
  [429, ['RateLimited', 'The next attempt waits.']],
]);

function otherStatus(status: number): readonly [FailureName, string] {
  return status >= 500 || status === 408 || status === 425
    ? ['SourceUnavailable', 'The next attempt asks again.']
    : ['InvalidConfig', 'Look whether "url" is the address of its MCP endpoint.'];
}
