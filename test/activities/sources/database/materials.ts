import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env['TEST_MATERIALS'] ?? '';
const folder = join(root, 'databases');

/** The sample databases of the test materials; empty where they are not, said loudly. */
export const DATABASES = root !== '' && existsSync(folder) ? folder : '';
if (DATABASES === '') console.warn('SKIPPED: TEST_MATERIALS has no "databases" folder.');
