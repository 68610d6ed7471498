// A script source: every Markdown file below a folder as one document, and a complete listing. `node folder-script.mjs <folder>`
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.';
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
for (const id of names.filter((name) => name.endsWith('.md')).toSorted()) {
  const content = readFileSync(join(folder, id), 'utf8');
  process.stdout.write(`${JSON.stringify({ kind: 'document', id, content })}\n`);
}
process.stdout.write(`${JSON.stringify({ kind: 'listing', complete: true })}\n`);
