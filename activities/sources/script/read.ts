import type { Line } from '../../../adapters/child-process/lines.ts';
import { parseDuration } from '../../../adapters/definitions/duration.ts';
import { failure } from '../../../workflows/failures.ts';
import type { ReadMessage, SourceEnv } from '../contract.ts';
import type { ScriptConfig, ScriptState } from './config.ts';
import { contentHashId, scriptDocument } from './document.ts';
import { parseMessage, type ScriptMessage } from './messages.ts';
import { startScript } from './run.ts';

type Message = ReadMessage<ScriptState>;

/**
 * Runs the script and passes its messages on as they come. What stands before a failing exit stays valid; the listing is passed on only
 * after a good exit, and never as complete when a line could not be read: the document in it may be alive.
 */
export async function* readScript(
  config: ScriptConfig,
  from: ScriptState,
  env: SourceEnv,
): AsyncGenerator<Message> {
  const timeoutMs = config.timeout === undefined ? undefined : parseDuration(config.timeout);
  const run = await startScript(config, { command: config.command, state: from, timeoutMs }, env);
  const seen = new Progress(config, from);
  try {
    for await (const line of run.lines) {
      if (env.signal.aborted) break;
      const message = seen.messageOf(line, env, run.redact);
      if (message !== undefined) yield message;
    }
    await run.finish();
    yield* seen.ending();
  } finally {
    await run.close();
  }
}

/** What the lines so far mean for the end of the read. */
class Progress {
  private unreadable = 0;
  private listing: Extract<ScriptMessage, { kind: 'listing' }> | undefined;
  private lastCursor: ScriptState;
  private readonly config: ScriptConfig;
  private readonly from: ScriptState;

  constructor(config: ScriptConfig, from: ScriptState) {
    this.config = config;
    this.from = from;
    this.lastCursor = from;
  }

  messageOf(line: Line, env: SourceEnv, redact: (text: string) => string): Message | undefined {
    if (line.kind === 'total-exceeded') throw tooMuch(this.config.maxOutputBytes);
    if (line.kind === 'too-long')
      return this.refuse(line, `is ${line.sizeBytes} bytes long; 4 MB are allowed`);
    if (line.text.trim() === '') return undefined;
    const parsed = parseMessage(line.text);
    if (parsed.kind === 'bad') return this.refuse(line, parsed.why, parsed.id);
    if (!line.valid) return this.refuse(line, 'is not valid UTF-8', idOf(parsed.message));
    return this.passOn(parsed.message, line, env, redact);
  }

  *ending(): Generator<Message> {
    const listing = this.verdict();
    if (listing !== undefined) yield listing;
    yield { kind: 'checkpoint', cursor: this.lastCursor };
  }

  private passOn(
    message: ScriptMessage,
    line: Line,
    env: SourceEnv,
    redact: (text: string) => string,
  ): Message | undefined {
    if (message.kind === 'document') return this.document(message, line);
    if (message.kind === 'failed') return failed(message, redact);
    if (message.kind === 'gone') return { ...message, why: redact(message.why).slice(0, 500) };
    if (message.kind === 'log') {
      env.log[message.level]('script logged', { text: redact(message.message).slice(0, 500) });
      return undefined;
    }
    if (message.kind === 'listing') this.listing = message;
    if (message.kind === 'checkpoint') this.lastCursor = message.cursor;
    return message.kind === 'listing' ? undefined : message;
  }

  private document(message: Extract<ScriptMessage, { kind: 'document' }>, line: Line): Message {
    const id =
      message.id ?? (this.config.contentHashIds ? contentHashId(message.content) : undefined);
    if (id === undefined) return this.refuse(line, 'is a document without an "id"');
    return { kind: 'document', document: scriptDocument(id, message) };
  }

  /** A dead letter. Content stays out of it. */
  private refuse(line: Line, why: string, id?: string): Message {
    const known = id === undefined || id.includes('\uFFFD') ? undefined : id;
    if (known === undefined) this.unreadable += 1;
    return {
      kind: 'failed',
      failure: 'InvalidDocument',
      detail: `Line ${line.number} of the script ${why}.`,
      ...(known === undefined ? {} : { id: known }),
    };
  }

  private verdict(): Message | undefined {
    const listing = this.listing ?? this.impliedListing();
    if (listing === undefined || !listing.complete || this.unreadable === 0)
      return listing && said(listing);
    const why = `${this.unreadable} lines could not be read, so nobody knows which documents they held`;
    return { kind: 'listing', complete: false, why };
  }

  /** Only a read from the beginning can have emitted everything without saying so. */
  private impliedListing(): { complete: boolean; why?: string } | undefined {
    if (!this.config.fullListing) return undefined;
    if (this.from === null) return { complete: true };
    return {
      complete: false,
      why: 'the script went on from a checkpoint; only a "listing" message of its own can say that it listed everything',
    };
  }
}

function said({ complete, why }: { complete: boolean; why?: string | undefined }): Message {
  return { kind: 'listing', complete, ...(why === undefined ? {} : { why }) };
}

function idOf(message: ScriptMessage): string | undefined {
  return 'id' in message ? message.id : undefined;
}

function failed(
  { id, failure: name, detail }: Extract<ScriptMessage, { kind: 'failed' }>,
  redact: (text: string) => string,
): Message {
  const said = redact(detail).slice(0, 500);
  return { kind: 'failed', failure: name, detail: said, ...(id === undefined ? {} : { id }) };
}

function tooMuch(maxOutputBytes: number): Error {
  return failure(
    'ScriptError',
    `The script wrote more than ${maxOutputBytes} bytes. Raise "maxOutputBytes", or let it write checkpoints and less a run.`,
  );
}
