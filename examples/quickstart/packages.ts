import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A source of the type `script`: prints the packages of a `node_modules` folder, one JSON document a line, and says at the end that the list is
 * complete. Run it by hand to see what a source sends: `node examples/quickstart/packages.ts node_modules`.
 */
const [folder = 'node_modules'] = process.argv.slice(2);

for (const name of packageNames(folder)) {
  const document = describe(name);
  if (document) console.log(JSON.stringify(document));
}
console.log(JSON.stringify({ kind: 'listing', complete: true }));

function packageNames(root: string): string[] {
  const entries = readdirSync(root).filter((entry) => !entry.startsWith('.'));
  return entries
    .flatMap((entry) =>
      entry.startsWith('@')
        ? readdirSync(join(root, entry)).map((name) => `${entry}/${name}`)
        : [entry],
    )
    .toSorted();
}

function describe(name: string): object | undefined {
  const manifest = readManifest(name);
  if (!manifest || typeof manifest['description'] !== 'string') return undefined;
  const { version, description, license, homepage, keywords } = manifest;
  const lines = [
    `# ${name}`,
    description,
    `Version ${String(version)}, licence ${typeof license === 'string' ? license : 'not stated'}.`,
    ...(Array.isArray(keywords) && keywords.length > 0
      ? [`Keywords: ${keywords.join(', ')}.`]
      : []),
  ];
  return {
    kind: 'document',
    id: name,
    title: name,
    content: lines.join('\n\n'),
    ...(typeof homepage === 'string' ? { url: homepage } : {}),
    metadata: { version: String(version) },
  };
}

function readManifest(name: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
  } catch {
    return undefined;
  }
}
