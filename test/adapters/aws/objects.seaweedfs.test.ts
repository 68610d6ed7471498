import { expect, test } from 'vitest';
import { describeObjects } from '../../contracts/objects.ts';
import { FOREIGN_CREDENTIALS, objectsCase } from './foreign-server.ts';
import { installSeaweedFs, startSeaweedFs } from './seaweedfs.ts';

/** Where SeaweedFS 4.48 is not like S3. Each of these tests must fail here. */
const KNOWN_DIFFERENCES: readonly string[] = [
  // Lists in the order of a tree: "a/b" before "a b" and "a-b".
  'keys are listed in the order of their UTF-8 bytes',
  'a list starts after the key that was named',
  // Has no limit of its own.
  'metadata of more than 2 KB is the fault of its document',
  // Refuses ".." and turns "\\" into "/".
  'a key with odd characters is kept as it is',
  // Keeps "aws-chunked" as the encoding of the content.
  'a streamed body is stored without the marks of its chunks',
];

const program = await installSeaweedFs();

if ('why' in program) {
  console.error(
    `\n!!! SKIPPED: the object contract on SeaweedFS, a second opinion. ${program.why}\n`,
  );
  test('the object contract holds on SeaweedFS', (context) => {
    context.skip(program.why);
    expect(program).toHaveProperty('path');
  });
} else {
  describeObjects(
    'SeaweedFS',
    async () => objectsCase(await startSeaweedFs(program.path, FOREIGN_CREDENTIALS)),
    KNOWN_DIFFERENCES,
  );
}
