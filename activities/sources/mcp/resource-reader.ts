import type { McpSession } from '../../../adapters/mcp/session.ts';
import { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../../workflows/failures.ts';
import type { ReadMessage } from '../contract.ts';
import { resourceMessages, type Place, type ResourceFacts } from './contents.ts';

type Message = ReadMessage<never>;

/** Reads resources one by one, each at most once. One that cannot be read is a dead letter; a server that hangs ends the read. */
export interface ResourceReader {
  /** False when it was read before in this run. */
  isNew(uri: string): boolean;
  read(uri: string, facts: ResourceFacts): Promise<readonly Message[]>;
}

export function resourceReader(session: McpSession, place: Place): ResourceReader {
  const done = new Set<string>();
  let timeoutsInARow = 0;
  return {
    isNew: (uri) => !done.has(uri),
    async read(uri, facts) {
      done.add(uri);
      if (!isId(uri)) return [unusableUri()];
      const answer = await readOrRefuse(session, uri);
      timeoutsInARow = answer.kind === 'refused' && answer.timedOut ? timeoutsInARow + 1 : 0;
      if (timeoutsInARow >= MAX_TIMEOUTS_IN_A_ROW) throw hangs(session);
      if (answer.kind === 'gone') return [{ kind: 'gone', id: uri, why: answer.why }];
      if (answer.kind === 'contents') return resourceMessages(uri, answer.contents, facts, place);
      return [{ kind: 'failed', id: uri, failure: answer.failure, detail: answer.why }];
    },
  };
}

const MAX_TIMEOUTS_IN_A_ROW = 3;

async function readOrRefuse(session: McpSession, uri: string) {
  try {
    const answer = await session.readResource(uri);
    return answer.kind === 'refused'
      ? { ...answer, failure: 'SourceUnavailable' as const }
      : answer;
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== 'InvalidDocument') throw error;
    const { message: why } = error;
    return { kind: 'refused', why, timedOut: false, failure: 'InvalidDocument' } as const;
  }
}

function isId(uri: string): boolean {
  return uri !== '' && uri.length <= 2048 && uri.isWellFormed() && !uri.includes('\u0000');
}

function unusableUri(): Message {
  const detail =
    'A resource has a URI that is empty, longer than 2,048 characters or not well-formed.';
  return { kind: 'failed', failure: 'InvalidDocument', detail };
}

function hangs(session: McpSession): Error {
  return failure(
    'SourceUnavailable',
    `The MCP server "${session.server.name}" did not answer ${MAX_TIMEOUTS_IN_A_ROW} times in a row. The next attempt asks again.`,
  );
}
