import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { startMariaDb } from '../../local/mariadb.ts';
import { choosePort } from '../../local/ports.ts';
import { findMariaDb } from '../../local/tools/mariadb.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';
import { toolForTest } from '../set-up/tools.ts';

const programs = await toolForTest(findMariaDb);

describe.skipIf(programs === undefined)('MariaDB', () => {
  test('answers on its own port to who has the password, and to nobody else', async () => {
    if (programs === undefined) throw new Error('skipped without MariaDB');
    await using folder = await temporaryFolder();
    const { port } = await choosePort(0);
    const server = await startMariaDb({ programs, home: folder.path, port });
    const connection = await createConnection(server.url);

    const [rows] = await connection.query("select 'ü🙂' as text");
    await connection.end();

    expect(rows).toEqual([{ text: 'ü🙂' }]);
    for (const user of ['root', 'wellspring', '']) {
      const stranger = createConnection({ host: '127.0.0.1', port, user });
      await expect(stranger).rejects.toThrow(/Access denied|not allowed/);
    }
    await server.stop();
  });
});
