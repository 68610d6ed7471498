import type { ScriptConfig, ScriptState } from './config.ts';
import type { Conversation, Dialect, Ending, Reading } from './dialect.ts';
import { contentHashId, scriptDocument } from './document.ts';
import { parseMessage, type ScriptDocument, type ScriptMessage } from './messages.ts';

/** Our own messages: `document`, `seen`, `failed`, `gone`, `checkpoint`, `listing`, `log`. */
export const ownDialect: Dialect = {
  open: async (config, from) => converse(config, from),
};

function converse(config: ScriptConfig, from: ScriptState): Conversation {
  let cursor = from;
  let listing: Ending['listing'];
  const remember = (message: ScriptMessage): void => {
    if (message.kind === 'checkpoint') cursor = message.cursor;
    if (message.kind !== 'listing') return;
    const { complete, why } = message;
    listing = { complete, ...(why === undefined ? {} : { why }) };
  };
  return {
    command: config.command,
    read(text) {
      const parsed = parseMessage(text);
      if (parsed.kind === 'bad') return [parsed];
      remember(parsed.message);
      return reading(parsed.message, config);
    },
    idOf(text) {
      const parsed = parseMessage(text);
      if (parsed.kind === 'bad') return parsed.id;
      return 'id' in parsed.message ? parsed.message.id : undefined;
    },
    ending() {
      const said = listing ?? impliedListing(config, from);
      return { cursor, ...(said === undefined ? {} : { listing: said }) };
    },
  };
}

function reading(message: ScriptMessage, config: ScriptConfig): readonly Reading[] {
  if (message.kind === 'listing') return [];
  if (message.kind === 'log') return [{ kind: 'log', level: message.level, text: message.message }];
  if (message.kind === 'document') return [documentReading(message, config)];
  if (message.kind !== 'failed') return [message];
  const { id, failure, detail } = message;
  return [{ kind: 'failed', failure, detail, ...(id === undefined ? {} : { id }) }];
}

function documentReading(message: ScriptDocument, { contentHashIds }: ScriptConfig): Reading {
  const id = message.id ?? (contentHashIds ? contentHashId(message.content) : undefined);
  return id === undefined
    ? { kind: 'bad', why: 'is a document without an "id"' }
    : { kind: 'document', document: scriptDocument(id, message) };
}

/** Only a read from the beginning can have emitted everything without saying so. */
function impliedListing({ fullListing }: ScriptConfig, from: ScriptState): Ending['listing'] {
  if (!fullListing) return undefined;
  if (from === null) return { complete: true };
  return {
    complete: false,
    why: 'the script went on from a checkpoint; only a "listing" message of its own can say that it listed everything',
  };
}
