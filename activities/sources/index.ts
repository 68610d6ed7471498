import { browser } from './browser.ts';
import { database } from './database.ts';
import type { BoundSourceType } from './define-source.ts';
import { http } from './http.ts';
import { mcp } from './mcp.ts';
import { script } from './script.ts';
import { strands } from './strands.ts';

/** Every source type, alphabetical. Adding one is one file beside this one and one line here. */
const types: readonly BoundSourceType[] = [browser, database, http, mcp, script, strands];

export const sourceTypes: ReadonlyMap<string, BoundSourceType> = new Map(
  types.map((type) => [type.spec.name, type]),
);
