import { readFile } from 'node:fs/promises';

/** The versions of packages in `bench/node_modules`. @throws Error - one is not installed; says what to type. */
export async function peerVersions(
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const entries = names.map(async (name) => [name, await versionOf(name)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function versionOf(name: string): Promise<string> {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw notInstalled(name, cause);
  });
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** Benches have peers that the product does not need: they are installed by hand. */
export function notInstalled(name: string, cause: unknown): Error {
  return new Error(
    `The peer "${name}" of this bench is not installed. Run "npm --prefix bench ci", then try again.`,
    { cause },
  );
}
