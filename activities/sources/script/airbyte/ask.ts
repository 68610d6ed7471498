import { failure } from '../../../../workflows/failures.ts';
import type { SourceEnv } from '../../contract.ts';
import type { ScriptConfig } from '../config.ts';
import { exitDetails } from '../exit.ts';
import { redactorOf } from '../redactor-of.ts';
import { runToEnd } from '../run-to-end.ts';
import { filesFolder, mergedSettings, writePrivate } from '../settings.ts';
import { traceFailure } from './failures.ts';
import { messagesOf, type AirbyteMessage, type MessageOf } from './messages.ts';

type Command = 'spec' | 'check' | 'discover' | 'read';

/**
 * Runs one short command of the source and answers its messages of one type; with some, its exit code does not matter.
 * @throws what a TRACE of it, or else its exit code, says.
 */
export async function ask<Type extends AirbyteMessage['type']>(
  config: ScriptConfig,
  command: 'spec' | 'check' | 'discover',
  type: Type,
  env: SourceEnv,
): Promise<readonly MessageOf<Type>[]> {
  const line = await commandLine(config, command, await filesFolder(env));
  const { lines, error } = await runToEnd(config, line, env);
  const answers = messagesOf(lines, type);
  if (answers.length > 0) return answers;
  const said = messagesOf(lines, 'TRACE').find(({ trace }) => trace.error)?.trace.error;
  const isExit = error === undefined || exitDetails(error) !== undefined;
  if (said && isExit) throw traceFailure(said, error, redactorOf(config, env));
  if (error !== undefined) throw error;
  throw failure(
    'ScriptError',
    `The Airbyte source answered "${command}" without a ${type} message. Run that command by hand and look what it says.`,
  );
}

/** `spec`, or another command with `--config`. */
export async function commandLine(
  config: ScriptConfig,
  command: Command,
  folder: string,
): Promise<readonly string[]> {
  if (command === 'spec') return [...config.command, command];
  const text = JSON.stringify(mergedSettings(config));
  const path = await writePrivate(folder, 'config.json', text);
  return [...config.command, command, '--config', path];
}
