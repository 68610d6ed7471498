import { z } from 'zod';
import { isMap } from '../../../workflows/is-map.ts';
import type { JsonSchema } from '../contract.ts';
import { pass, passUnless, fail, type Check, type Outcome, skipped } from './check.ts';
import { narrowings } from './compatible.ts';
import { errorText, failureNameOf } from './error-text.ts';
import { placesOf, schemaFaults } from './json-schema.ts';
import { misplacedSecrets, unmarkedSecrets } from './secret-names.ts';
import type { Trial } from './trial.ts';

/** What a type says of itself, without any I/O. */
export const specChecks: readonly Check[] = [
  {
    id: 'spec.identity',
    group: 'spec',
    title: 'it has a name, a semantic version and a sentence about itself',
    run: identity,
  },
  {
    id: 'spec.schema',
    group: 'spec',
    title: 'its schema is JSON Schema 2020-12, and takes the good config',
    run: schemaIsValid,
  },
  {
    id: 'spec.closed',
    group: 'spec',
    title: 'an unknown key is refused as InvalidConfig before any I/O',
    run: unknownKey,
  },
  { id: 'spec.secrets', group: 'spec', title: 'every secret is marked as one', run: secrets },
  {
    id: 'spec.compatible',
    group: 'spec',
    title: 'it takes every config that its last certified version took',
    run: compatible,
  },
];

function identity({ subject }: Trial): Outcome {
  const { name, version, summary } = subject.type.spec;
  const faults = [
    /^[a-z][a-z0-9-]*$/u.test(name) ? [] : [`The name is "${name}".`],
    /^\d+\.\d+\.\d+$/u.test(version) ? [] : [`The version is "${version}".`],
    /^\p{Lu}.*\.$/su.test(summary) ? [] : [`The summary is "${summary}".`],
  ].flat();
  return passUnless(
    faults,
    'Use a lower-case word, three numbers with dots, and one sentence with a full stop.',
  );
}

function schemaIsValid({ subject }: Trial): Outcome {
  const { configSchema } = subject.type.spec;
  const faults = schemaFaults(configSchema);
  if (faults.length > 0)
    return passUnless(
      faults,
      'Generate the schema from zod by "defineSource", and change nothing in it.',
    );
  const reader = readerOf(configSchema);
  if (reader === undefined)
    return pass('The good config was not tried on it: zod cannot read it back.');
  const issues = reader.safeParse(subject.config).error?.issues ?? [];
  return passUnless(
    issues.map(
      ({ path, message }) => `It refuses the good config at "${path.join('.')}": ${message}.`,
    ),
    'Let the JSON Schema say what the code takes.',
  );
}

function readerOf(schema: JsonSchema): z.ZodType | undefined {
  try {
    return z.fromJSONSchema({ ...schema });
  } catch {
    return undefined;
  }
}

const STRANGER = 'tabel';

function unknownKey({ subject }: Trial): Outcome {
  const open = placesOf(subject.type.spec.configSchema).filter(
    ({ schema }) => isMap(schema['properties']) && schema['additionalProperties'] === undefined,
  );
  const remedy = 'Declare every object of the config with z.strictObject.';
  if (open.length > 0)
    return passUnless(
      open.map(({ path }) => `The object at "${path}" takes any key.`),
      remedy,
    );
  try {
    subject.type.open({ ...subject.config, [STRANGER]: 'x' });
    return fail(`A config with the unknown key "${STRANGER}" was taken.`, remedy);
  } catch (error) {
    return failureNameOf(error) === 'InvalidConfig' && errorText(error).includes(STRANGER)
      ? pass()
      : fail(
          `It was refused with: ${errorText(error)}`,
          `${remedy} The failure is InvalidConfig and names the key.`,
        );
  }
}

function secrets({ subject }: Trial): Outcome {
  const { configSchema } = subject.type.spec;
  return passUnless(
    [
      ...unmarkedSecrets(configSchema),
      ...misplacedSecrets(configSchema, subject.config, subject.secrets ?? []),
    ],
    'Mark the field with secret(…), or give the secret in a field that is marked: only those stay references in files, revisions and logs.',
  );
}

function compatible({ subject }: Trial): Outcome {
  const { former, type } = subject;
  if (former === undefined)
    return skipped(`There is no former report. ${subject.howToGive?.['former'] ?? ''}`.trim());
  const { configSchema, version } = type.spec;
  if (
    version === former.version &&
    JSON.stringify(configSchema) !== JSON.stringify(former.configSchema)
  )
    return fail(
      `The schema differs from the certified one, but the version is still "${version}".`,
      'Raise "version".',
    );
  return passUnless(
    narrowings(former.configSchema, configSchema),
    'Keep taking what people have in their files: give new fields a default, and widen types only.',
    `Compared with ${former.version}.`,
  );
}
