import type { Line } from '../../../adapters/child-process/lines.ts';
import { parseDuration } from '../../../adapters/definitions/duration.ts';
import { failure } from '../../../workflows/failures.ts';
import type { ReadMessage, SourceEnv } from '../contract.ts';
import type { ScriptConfig, ScriptState } from './config.ts';
import type { Conversation, Ending, Reading } from './dialect.ts';
import { dialectOf } from './dialects.ts';
import { startScript, type ScriptRun } from './run.ts';

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
  const conversation = await dialectOf(config).open(config, from, env);
  const { command } = conversation;
  const run = await startScript(config, { command, state: from, timeoutMs }, env);
  const lines = lineReader({ config, conversation, env, redact: run.redact });
  try {
    for await (const line of run.lines) {
      if (env.signal.aborted) break;
      yield* lines.messages(line);
    }
    await finish(run, conversation);
    const { listing, cursor } = conversation.ending();
    if (listing !== undefined) yield lines.verdict(listing);
    yield { kind: 'checkpoint', cursor };
  } finally {
    await run.close();
  }
}

/** What the program said about its failure tells more than its exit code. */
async function finish(run: ScriptRun, conversation: Conversation): Promise<void> {
  let ended: unknown;
  try {
    await run.finish();
  } catch (error) {
    ended = error;
  }
  const error = conversation.explained?.(ended) ?? ended;
  if (error !== undefined) throw error;
}

interface LineReaderParts {
  readonly config: ScriptConfig;
  readonly conversation: Conversation;
  readonly env: SourceEnv;
  readonly redact: (text: string) => string;
}

/** Makes messages of lines, and counts those that nobody could read. */
function lineReader({ config, conversation, env, redact }: LineReaderParts) {
  let unreadable = 0;
  /** A dead letter. Content stays out of it. */
  const refuse = (line: Line, why: string, id?: string): Message => {
    const known = id === undefined || id.includes('\uFFFD') ? undefined : id;
    if (known === undefined) unreadable += 1;
    return {
      kind: 'failed',
      failure: 'InvalidDocument',
      detail: redact(`Line ${line.number} of the script ${why}.`),
      ...(known === undefined ? {} : { id: known }),
    };
  };
  const message = (reading: Reading, line: Line): readonly Message[] => {
    if (reading.kind === 'bad') return [refuse(line, reading.why, reading.id)];
    if (reading.kind === 'failed')
      return [{ ...reading, detail: redact(reading.detail).slice(0, 500) }];
    if (reading.kind === 'gone') return [{ ...reading, why: redact(reading.why).slice(0, 500) }];
    if (reading.kind !== 'log') return [reading];
    env.log[reading.level]('script logged', { text: redact(reading.text).slice(0, 500) });
    return [];
  };
  return {
    messages(line: Line): readonly Message[] {
      if (line.kind === 'total-exceeded') throw tooMuch(config.maxOutputBytes);
      if (line.kind === 'too-long')
        return [refuse(line, `is ${line.sizeBytes} bytes long; 4 MB are allowed`)];
      if (line.text.trim() === '') return [];
      if (!line.valid) {
        const id = shallow(() => conversation.idOf(line.text), undefined);
        return [refuse(line, 'is not valid UTF-8', id)];
      }
      const readings = shallow(() => conversation.read(line.text), TOO_DEEP);
      return readings.flatMap((reading) => message(reading, line));
    },
    verdict({ complete, why }: NonNullable<Ending['listing']>): Message {
      if (!complete || unreadable === 0)
        return { kind: 'listing', complete, ...(why === undefined ? {} : { why: redact(why) }) };
      return {
        kind: 'listing',
        complete: false,
        why: `${unreadable} lines could not be read, so nobody knows which documents they held`,
      };
    },
  };
}

const TOO_DEEP: readonly Reading[] = [{ kind: 'bad', why: 'is nested too deeply' }];

/** What goes over nested values does so by recursion: one that exhausts the stack is the fault of its line alone. */
function shallow<T>(act: () => T, tooDeep: T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof RangeError) return tooDeep;
    throw error;
  }
}

function tooMuch(maxOutputBytes: number): Error {
  return failure(
    'ScriptError',
    `The script wrote more than ${maxOutputBytes} bytes. Raise "maxOutputBytes", or let it write checkpoints and less a run.`,
  );
}
