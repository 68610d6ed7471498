import { defineSource } from './define-source.ts';
import { checkScript } from './script/check.ts';
import { ScriptConfig, ScriptState, validateScript } from './script/config.ts';
import { discoverScript } from './script/discover.ts';
import { readScript } from './script/read.ts';

/** Any program that writes one JSON message a line: documents, what it saw, failures, deletions, checkpoints. */
export const script = defineSource(
  { config: ScriptConfig, cursor: ScriptState },
  {
    spec: {
      name: 'script',
      version: '1.0.0',
      summary: 'Runs a program of yours, in any language, that writes documents as JSON lines.',
      queue: 'collect',
      trust: 'trusted',
    },
    validate: validateScript,
    check: checkScript,
    discover: discoverScript,
    read: readScript,
  },
);
