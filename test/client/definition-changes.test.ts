import { expect, test } from 'vitest';
import { definitionChanges } from '../../client/definition-changes.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';

const docs = sourceDefinition({ id: 'docs' });

test('equal definitions are no change, whatever the order of their keys', () => {
  const { id, config, ...rest } = docs;
  const reordered = {
    config: Object.fromEntries(Object.entries(config).toReversed()),
    ...rest,
    id,
  };

  expect(definitionChanges([docs], [reordered])).toEqual([]);
});

test('what comes and what goes is sorted by source', () => {
  const [b, a] = [sourceDefinition({ id: 'b' }), sourceDefinition({ id: 'a' })];

  expect(definitionChanges([b, docs], [docs, a])).toEqual([
    { kind: 'add', source: 'a', definition: a },
    { kind: 'remove', source: 'b', definition: b },
  ]);
});

test('each field that changes is named with both values, times as people write them', () => {
  const { primaryKey: _, ...config } = docs.config;
  const wanted = sourceDefinition({
    id: 'docs',
    schedule: {
      text: '0 2 * * *',
      spec: { cron: '0 2 * * *' },
      timezone: 'UTC',
      periodMs: 86_400_000,
    },
    limits: { ...docs.limits, timeoutMs: 600_000 },
    config: { ...config, table: 'news', columns: ['a', 'b'] },
  });

  expect(definitionChanges([docs], [wanted])).toEqual([
    {
      kind: 'change',
      source: 'docs',
      fields: [
        { field: 'limits.timeoutMs', from: '"30 minutes"', to: '"10 minutes"' },
        { field: 'config.table', from: '"articles"', to: '"news"' },
        { field: 'config.primaryKey', from: '["id"]' },
        { field: 'schedule', from: '"every 6 hours"', to: '"0 2 * * *"' },
        { field: 'config.columns', to: '["a","b"]' },
      ],
    },
  ]);
});

test('a password in a URL is not shown', () => {
  const wanted = sourceDefinition({
    id: 'docs',
    config: { ...docs.config, url: 'postgres://a:hush@h/d' },
  });

  expect(JSON.stringify(definitionChanges([docs], [wanted]))).not.toContain('hush');
});
