import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { certify } from '../../../../activities/sources/conformance/certificate.ts';
import type { Subject } from '../../../../activities/sources/conformance/subject.ts';
import { script } from '../../../../activities/sources/script.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';

const PROGRAM = fileURLToPath(new URL('../../../fakes/bad-scripts.ts', import.meta.url));
const TOKEN = 'tok-81c5e0f2d4';

/** Runs the kit over one script, and answers the ids of what failed. */
async function failuresOf(fault: string, limits: Subject['limits'] = {}) {
  const env = { API_TOKEN: TOKEN };
  const config = { command: [process.execPath, PROGRAM, fault], env };
  const { checks } = await certify(
    {
      type: script,
      config,
      env: sourceEnv,
      secrets: [TOKEN],
      failing: { ...config, env: { ...env, TROUBLE: 'yes' } },
      unfit: { 'check.good': 'The script has no check.' },
      limits,
    },
    { name: fault },
  );
  return checks.filter((one) => one.verdict === 'fail');
}

afterAll(endGrandchildren);

test('a good script fails nothing', async () => {
  expect(await failuresOf('good')).toStrictEqual([]);
});

test.each([
  ['random-ids', 'read.same-ids', /never from a clock/u],
  ['ids-of-the-clock', 'read.same-ids', /lacks 4 ids and has 4 new ones/u],
  ['new-contents', 'read.same-contents', /"a", "b", "c" and 1 more/u],
  [
    'exit-0-after-an-error',
    'read.incomplete',
    /without 3 documents such as "b", "c", "d".*deleted/u,
  ],
  ['no-listing', 'read.listing', /"kind":"listing"/u],
  ['state-ahead', 'read.resume', /\{"next":1\}.*lost 1 documents/u],
  ['state-backwards', 'read.forward', /some back/u],
  ['large-state', 'read.cursors', /5011 bytes/u],
  ['secret-in-content', 'read.secrets', /as it is/u],
  ['secret-in-stderr', 'read.secrets', /hexadecimal/u],
  ['duplicate-ids', 'read.unique', /"a"/u],
  ['invalid-utf8', 'read.readable', /Line 1 .*UTF-8/u],
  ['not-json', 'read.readable', /Line 1 /u],
  ['wrong-url', 'read.readable', /url/u],
  ['crashes', 'read.ends', /ScriptError.*exit code 1/u],
])('%s fails %s alone, with a sentence that names it', async (fault, check, sentence) => {
  const failed = await failuresOf(fault, fault === 'large-state' ? { cursorBytes: 5000 } : {});

  expect(failed.map(({ id }) => id)).toStrictEqual([check]);
  expect(failed[0]).toMatchObject({ verdict: 'fail' });
  expect(JSON.stringify(failed[0]).replaceAll('\\"', '"')).toMatch(sentence);
});

test('a script that waits for ever fails read.ends alone', async () => {
  const failed = await failuresOf('blocks', { readMs: 1_500 });

  expect(failed.map(({ id }) => id)).toStrictEqual(['read.ends']);
});

test.runIf(process.platform === 'linux')(
  'a grandchild that leaves its group is found after a whole read',
  async () => {
    const failed = await failuresOf('leaves-a-grandchild');
    endGrandchildren();

    expect(failed.map(({ id }) => id)).toStrictEqual(['read.clean', 'read.cancel']);
  },
);

test.runIf(process.platform === 'linux')(
  'a script that is deaf to SIGTERM, with a grandchild of its own session, fails read.cancel alone',
  async () => {
    const failed = await failuresOf('escapes-its-end');
    endGrandchildren();

    expect(failed.map(({ id }) => id)).toStrictEqual(['read.cancel']);
    expect(failed[0]).toMatchObject({ detail: expect.stringContaining('left these running') });
  },
);

/** The program of a grandchild is an option of Node, not a file: it is known by its text. */
function grandchildren(): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
      const isOurs = command.includes('SIGTERM') && environment.includes(TOKEN);
      return isOurs && /^\d+$/u.test(name) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function endGrandchildren(): void {
  for (const pid of grandchildren()) process.kill(pid, 'SIGKILL');
}
