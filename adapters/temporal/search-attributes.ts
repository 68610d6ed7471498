import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';

const LISTED_WITHIN_MS = 10_000;

/**
 * Registers the search attributes that the namespace lacks and waits until the server lists all of them.
 * Idempotent, also when several processes do it at once. Needs the right to call the operator service.
 * @throws Error - an attribute exists with another type, or may not be added: the sentence names them.
 */
export async function ensureSearchAttributes(
  connection: Pick<Connection, 'operatorService'>,
  namespace: string,
): Promise<void> {
  const { operatorService } = connection;
  const missing = await missingAttributes(operatorService, namespace);
  if (missing.length === 0) return;
  try {
    const added = [...WANTED].filter(([name]) => missing.includes(name));
    const searchAttributes = Object.fromEntries(added.map(([name, { code }]) => [name, code]));
    await operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Another process may have added them between our two calls.
    if ((await missingAttributes(operatorService, namespace)).length > 0) {
      throw refusal(missing, namespace, error);
    }
  }
  await allListed(operatorService, namespace);
}

type OperatorService = Connection['operatorService'];

type IndexedValueType = NonNullable<ReturnType<typeof encodeSearchAttributeIndexedValueType>>;

/** Name to type, as a word and as the number that the wire has. */
const WANTED: ReadonlyMap<string, { readonly type: string; readonly code: IndexedValueType }> =
  new Map(
    Object.values(SEARCH_ATTRIBUTES).flatMap(({ name, type }) => {
      const code = encodeSearchAttributeIndexedValueType(type);
      return code === undefined ? [] : [[name, { type, code }] as const];
    }),
  );

async function missingAttributes(
  operatorService: OperatorService,
  namespace: string,
): Promise<readonly string[]> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  for (const [name, { type, code }] of WANTED) {
    const found = customAttributes[name];
    if (found !== undefined && found !== code) throw wrongType(name, type, namespace);
  }
  return [...WANTED.keys()].filter((name) => customAttributes[name] === undefined);
}

async function allListed(operatorService: OperatorService, namespace: string): Promise<void> {
  const deadline = Date.now() + LISTED_WITHIN_MS;
  let missing = await missingAttributes(operatorService, namespace);
  while (missing.length > 0) {
    if (Date.now() > deadline) throw refusal(missing, namespace, undefined);
    await sleep(100);
    missing = await missingAttributes(operatorService, namespace);
  }
}

function wrongType(name: string, type: string, namespace: string): Error {
  return new Error(
    `Search attribute "${name}" of Temporal namespace "${namespace}" is not of type ${type}. ` +
      `Use another namespace, or remove it with "temporal operator search-attribute remove --name ${name}".`,
  );
}

function refusal(missing: readonly string[], namespace: string, cause: unknown): Error {
  const arguments_ = missing.map((name) => `--name ${name} --type ${cliType(name)}`).join(' ');
  return new Error(
    `Temporal namespace "${namespace}" lacks the search attributes ${missing.map((name) => `"${name}"`).join(', ')} ` +
      `and did not let us add them. Let an administrator run: temporal operator search-attribute create ` +
      `--namespace ${namespace} ${arguments_}.`,
    { cause },
  );
}

/** The CLI writes types as `Keyword`, `Datetime`; the SDK as `KEYWORD`, `DATETIME`. */
function cliType(name: string): string {
  const type = WANTED.get(name)?.type ?? '';
  return type.charAt(0) + type.slice(1).toLowerCase();
}
