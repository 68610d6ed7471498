import { expect, test } from 'vitest';
import { describeObjects } from '../../contracts/objects.ts';
import { FOREIGN_CREDENTIALS, objectsCase } from './foreign-server.ts';
import { buildVersityGw, startVersityGw } from './versitygw.ts';

/** Where versitygw 1.8.0 on a file system is not like S3. Each of these tests must fail here. */
const KNOWN_DIFFERENCES: readonly string[] = [
  // Keys are paths of files: ".." and "//" do not survive.
  'a key with odd characters is kept as it is',
  // A file cannot be a folder as well.
  'a key may be the beginning of another',
  // Keeps "aws-chunked" as the encoding of the content.
  'a streamed body is stored without the marks of its chunks',
  // DeleteObjects does not look at the ETag of an object: there the claim of the run alone guards a late deletion.
  'of many objects only the expected versions are removed, and the others are named',
];

const program = await buildVersityGw();

if ('why' in program) {
  console.error(
    `\n!!! SKIPPED: the object contract on versitygw, a third opinion. ${program.why}\n`,
  );
  test('the object contract holds on versitygw', (context) => {
    context.skip(program.why);
    expect(program).toHaveProperty('path');
  });
} else {
  describeObjects(
    'versitygw',
    async () => objectsCase(await startVersityGw(program.path, FOREIGN_CREDENTIALS)),
    KNOWN_DIFFERENCES,
  );
}
