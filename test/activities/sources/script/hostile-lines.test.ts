import { describe, expect, test } from 'vitest';
import { textOf, withReading } from './reading.ts';

const { read } = withReading();

/** Prints the lines, each an expression of JavaScript that gives a text. */
function printing(...lines: readonly string[]): string[] {
  const code = `for (const line of [${lines.join(', ')}]) process.stdout.write(line + '\\n');`;
  return [process.execPath, '-e', code];
}

/** A text of JSON, nested so many times deep. */
const nested = (levels: number): string => `'['.repeat(${levels}) + ']'.repeat(${levels})`;

describe('sources §22.6: a line that is nested too deeply is a dead letter, and its neighbours stay', () => {
  test.each([1000, 20_000, 1_000_000])('in our own dialect, %i levels', async (levels) => {
    const line = `'{"kind":"document","id":"deep","content":"x","metadata":{"a":' + ${nested(levels)} + '}}'`;
    const { ids, error, listing } = await read({
      command: printing(
        `'{"kind":"document","id":"a","content":"text"}'`,
        line,
        `'{"kind":"document","id":"b","content":"text"}'`,
      ),
      fullListing: true,
    });

    expect(error).toBeUndefined();
    expect(ids.filter((id) => id !== 'deep')).toStrictEqual(['a', 'b']);
    expect(listing).toMatchObject({ kind: 'listing' });
  });

  test.each([1000, 20_000, 1_000_000])('in that of Singer, %i levels', async (levels) => {
    const deep = `'{"type":"RECORD","stream":"s","record":{"id":2,"a":' + ${nested(levels)} + '}}'`;
    const { ids, error } = await read({
      dialect: 'singer',
      catalog: 'none',
      command: printing(
        `'{"type":"SCHEMA","stream":"s","schema":{"properties":{}},"key_properties":["id"]}'`,
        `'{"type":"RECORD","stream":"s","record":{"id":1}}'`,
        deep,
        `'{"type":"STATE","value":{"a":' + ${nested(levels)} + '}}'`,
        `'{"type":"RECORD","stream":"s","record":{"id":3}}'`,
      ),
    });

    expect(error).toBeUndefined();
    expect(ids.filter((id) => id !== '["s",2]')).toStrictEqual(['["s",1]', '["s",3]']);
  });
});

test('names of prototypes are names like others', async () => {
  const { ids, documents, error } = await read({
    dialect: 'singer',
    catalog: 'none',
    command: printing(
      ...['__proto__', 'constructor', 'toString'].flatMap((name) => [
        `'{"type":"SCHEMA","stream":"${name}","schema":{"properties":{}},"key_properties":["id"]}'`,
        `'{"type":"RECORD","stream":"${name}","version":1,"record":{"id":"k","__proto__":{"title":"polluted"},"title":"T"}}'`,
        `'{"type":"STATE","value":{"__proto__":{"title":"polluted"}}}'`,
      ]),
    ),
  });

  expect(error).toBeUndefined();
  expect(ids).toStrictEqual(['["__proto__","k"]', '["constructor","k"]', '["toString","k"]']);
  expect(textOf(documents, '["constructor","k"]')).toContain('T');
  expect(({} as { title?: string }).title).toBeUndefined();
});
