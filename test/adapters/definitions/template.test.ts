import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sourceTypes } from '../../../activities/sources/index.ts';
import { definitionsJsonSchema } from '../../../adapters/definitions/json-schema.ts';
import { loadDefinitions } from '../../../adapters/definitions/load.ts';
import { initialDefinitions, SCHEMA_FILE } from '../../../adapters/definitions/template.ts';
import { testTypes } from './case.ts';

const VARIABLES = new Map([
  ['KNOWLEDGE_BASE_ID', 'KB12'],
  ['DATA_SOURCE_ID', 'DS1'],
  ['SOURCE_AGENTS_S3_BUCKET', 'documents'],
  ['EVIDENCE_BUCKET', 'evidence'],
]);

/** As a person does who uncomments the lines below `sources:` and above. */
function uncommented(text: string): string {
  return text.replaceAll(
    /^( *)# (?=( *(- )?(id|type|schedule|category|config|url|table|primaryKey|cursor|title|body|timezone|enabled|limits|sync|command|cwd|fullListing|notifications|secret|events|repair|version|phase|extract|content|author):))/gm,
    '$1',
  );
}

test.each([
  ['as it is written', (text: string) => text, ['documentation']],
  [
    'with every example uncommented',
    uncommented,
    ['documentation', 'company-database', 'price-list'],
  ],
])('the first wellspring.yaml is valid %s', async (_name, change, ids) => {
  const text = change(initialDefinitions());

  const result = await loadDefinitions({
    file: 'wellspring.yaml',
    files: { read: () => Promise.resolve(text), glob: () => Promise.resolve([]) },
    variables: (name) => VARIABLES.get(name),
    sourceTypes,
  });

  expect('errors' in result ? result.errors : []).toEqual([]);
  expect('sources' in result && result.sources.map(({ id }) => id)).toEqual(ids);
});

test('the first wellspring.yaml tells the editor where its schema is', () => {
  expect(initialDefinitions('../schema.json').split('\n')[0]).toBe(
    '# yaml-language-server: $schema=../schema.json',
  );
});

test('wellspring.schema.json is current; "npm run schema" writes it', () => {
  const path = new URL(`../../../${SCHEMA_FILE}`, import.meta.url);

  const written: unknown = JSON.parse(readFileSync(path, 'utf8'));

  expect(written).toEqual(JSON.parse(JSON.stringify(definitionsJsonSchema(sourceTypes))));
});

test('the schema checks config by the type, and moves references along', () => {
  const recursive = {
    $schema: 'x',
    type: 'object',
    properties: { self: { $ref: '#' }, part: { $ref: '#/$defs/part' } },
    $defs: { part: { type: 'string' } },
  };
  const schema = definitionsJsonSchema(
    new Map([['tree', { spec: { name: 'tree', summary: 'Trees.', configSchema: recursive } }]]),
  );

  expect(schema).toMatchObject({
    $defs: {
      source: {
        properties: { type: { enum: ['tree'] } },
        allOf: [
          {
            if: { properties: { type: { const: 'tree' } } },
            // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema.
            then: { properties: { config: { $ref: '#/$defs/config-tree' } } },
          },
        ],
      },
      'config-tree': {
        properties: {
          self: { $ref: '#/$defs/config-tree' },
          part: { $ref: '#/$defs/config-tree/$defs/part' },
        },
      },
    },
  });
  expect(Object.keys(definitionsJsonSchema(testTypes))).toContain('$schema');
});
