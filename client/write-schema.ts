import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { definitionsJsonSchema } from '../adapters/definitions/json-schema.ts';
import { SCHEMA_FILE } from '../adapters/definitions/template.ts';
import { sourceTypes } from './source-types.ts';

// `npm run schema`: run it after a change to a source type or to the envelope. A test checks that the file is current.
const path = fileURLToPath(new URL(`../${SCHEMA_FILE}`, import.meta.url));
writeFileSync(path, `${JSON.stringify(definitionsJsonSchema(sourceTypes), null, 2)}\n`);
console.log(`Wrote ${SCHEMA_FILE} with ${sourceTypes.size} source types.`);
