import { readClientConfig } from './config.ts';
import { runCommandLine } from './run-command-line.ts';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `This is Node ${process.versions.node}; Wellspring needs 24. Type "npm run cli --", which brings its own.`,
  );
  process.exitCode = 1;
} else {
  process.exitCode = await runCommandLine(process.argv.slice(2), readClientConfig());
}
