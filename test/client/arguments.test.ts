import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../client/arguments.ts';
import { commands } from '../../client/commands/index.ts';
import { Problem } from '../../client/problem.ts';

const parse = (line: string) =>
  parseArguments(
    line.split(' ').filter((word) => word !== ''),
    commands,
  );

function problemOf(line: string): Problem {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error(`"${line}" is no wrong usage.`);
}

test('a verb is given its options with their defaults, its arguments, and what all verbs take', () => {
  expect(parse('documents licences --limit 5 --config my.yaml --json')).toMatchObject({
    kind: 'command',
    command: { name: 'documents' },
    options: { limit: 5 },
    global: { config: 'my.yaml', json: true, real: false, state: undefined },
    positionals: ['licences'],
  });
  expect(parse('documents licences')).toMatchObject({ options: { limit: 20 } });
});

test('options may stand before the verb', () => {
  expect(parse('--json --state here sources')).toMatchObject({
    command: { name: 'sources' },
    global: { json: true, state: 'here' },
  });
});

test('"run show" is a verb of two words, "run" takes any other source', () => {
  expect(parse('run show abc')).toMatchObject({
    command: { name: 'run show' },
    positionals: ['abc'],
  });
  expect(parse('run --no-wait abc')).toMatchObject({
    command: { name: 'run' },
    options: { 'no-wait': true },
    positionals: ['abc'],
  });
});

test('a question needs no quotes', () => {
  expect(parse('ask what is new --limit 2')).toMatchObject({ positionals: ['what', 'is', 'new'] });
});

test.each(['', '--help', '-h', 'help', 'help nothing'])('"%s" asks for the help of all', (line) => {
  expect(parse(line)).toEqual({ kind: 'help' });
});

test.each(['run --help', 'help run', 'run x --limit -h'])('"%s" asks for help of run', (line) => {
  expect(parse(line)).toMatchObject({ kind: 'help', command: { name: 'run' } });
});

describe('wrong usage', () => {
  test.each([
    ['sorces', '"sorces" is no verb of wellspring. Did you mean "sources"?'],
    ['runs --limt 3', '"--limt" is no option of "runs". Did you mean "--limit"?'],
    ['--jsn', '"--jsn" is no option. Did you mean "--json"?'],
    ['runs --limit', '--limit needs a value: --limit N.'],
    ['runs --limit many', '--limit is "many". Use a whole number from 1 to 10000.'],
    ['runs --limit 0', '--limit is "0". Use a whole number from 1 to 10000.'],
    ['runs --limit 1e3', '--limit is "1e3". Use a whole number from 1 to 10000.'],
    ['plan --force=yes', '--force takes no value, but has "yes".'],
    ['sources --constructor', '"--constructor" is no option of "sources".'],
    ['run', '"run" needs a source.'],
    ['run show', '"run show" needs an id.'],
    ['pause a b', '"pause" does not know what to do with "b".'],
  ])('%s', (line, sentence) => {
    const { message, options } = problemOf(line);

    expect(message).toContain(sentence);
    expect(options.exitCode).toBe(2);
    expect(options.remedy).toMatch(/^See "npm run cli -- .*--help"\.$/);
  });
});

test('every verb has examples that are right usage of it', () => {
  for (const { name, examples } of commands) {
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const words = example.match(/"[^"]*"|\S+/g) ?? [];
      expect(parseArguments(words, commands)).toMatchObject({ kind: 'command', command: { name } });
    }
  }
});
