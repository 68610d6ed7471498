import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../../activities/sources/database/address.ts';
import { failureOf } from './reading.ts';

describe('the URL of a database', () => {
  test.each([
    [
      'postgres://u:p%40ss@db.example.com/kb',
      { dialect: 'postgres', port: 5432, password: 'p@ss', label: 'db.example.com:5432/kb' },
    ],
    [
      'postgresql://u@[::1]:6000/kb',
      { dialect: 'postgres', host: '::1', port: 6000, password: '' },
    ],
    ['mysql://u:p@h/kb', { dialect: 'mysql', port: 3306, tls: false }],
    [
      'mariadb://u:p@h:3307/kb?sslmode=require',
      { dialect: 'mysql', port: 3307, tls: { rejectUnauthorized: true } },
    ],
    ['postgres://u:p@h/kb?sslmode=no-verify', { tls: { rejectUnauthorized: false } }],
    ['sqlite:///var/lib/a%20b.db', { dialect: 'sqlite', path: '/var/lib/a b.db' }],
    ['sqlite:./x.db', { dialect: 'sqlite', path: './x.db' }],
  ])('%s', async (url, address) => {
    expect(await parseAddress(url)).toMatchObject(address);
  });

  test.each([
    ['canary', /not of a known form/u],
    ['oracle://u:canary@h/kb', /not of a known form/u],
    ['postgres://u:canary@h', /names no database/u],
    ['postgres://u:12/canary@h/kb', /unescaped character/u],
    ['postgres://u:12/x?canary@h/kb', /unescaped character/u],
    ['postgres://u:12/x#canary@h/kb', /unescaped character/u],
    ['postgres://u:canary%zz@h/kb', /begins no escape/u],
    ['postgres://u:p@h/kb?canary=1', /parameter that is not known/u],
    ['postgres://u:p@h/kb?sslmode=canary', /"sslmode" that is not known/u],
    [
      'postgres://u:canary@h/kb?sslmode=require&sslrootcert=/nowhere/ca.pem',
      /"\/nowhere\/ca\.pem"/u,
    ],
    ['sqlite::memory:', /names no file/u],
  ])('refuses %s without showing it', async (url, sentence) => {
    const error = await failureOf(parseAddress(url));

    expect(error).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringMatching(sentence),
    });
    expect(String(error)).not.toContain('canary');
  });
});
