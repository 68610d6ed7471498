import { writeFile } from 'node:fs/promises';
import { bundleWorkflows } from './workflow-bundle.ts';

// Writes the workflow bundle that an image brings along, so that a worker needs no bundler at its start:
// `node workers/build-bundle.ts <file>`, then WELLSPRING_WORKFLOW_BUNDLE=<file>.

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('Usage: node workers/build-bundle.ts <file>\n');
  process.exitCode = 2;
} else {
  const say = (text: string): boolean => process.stderr.write(`${text}\n`);
  const { code } = await bundleWorkflows((level, message) => say(`${level}: ${message}`));
  await writeFile(file, code);
  say(`Wrote ${file}, ${Math.round(code.length / 1024)} KB.`);
}
