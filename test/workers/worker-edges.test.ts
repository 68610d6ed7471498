import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withHeartbeat } from '../../activities/heartbeat.ts';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import { endRun, openRun } from '../../adapters/postgres/runs.ts';
import { activityInterceptor } from '../../workers/activity-interceptor.ts';
import { readWorkerConfig } from '../../workers/config.ts';
import { createGauges } from '../../workers/gauges.ts';
import { startHealthServer } from '../../workers/health.ts';
import { failure } from '../../workflows/failures.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';
import { withDatabase } from '../set-up/postgres.ts';

describe('the settings of a worker', () => {
  const url = 'postgres://user:hidden@127.0.0.1/db';

  test('have defaults for all but the database', () => {
    const config = readWorkerConfig({ WELLSPRING_DATABASE_URL: url });

    expect(config).toMatchObject({
      WELLSPRING_TASK_QUEUES: ['orchestration', 'collect', 'browser', 'ingestion'],
      WELLSPRING_HEARTBEAT_TIMEOUT: 60_000,
      WELLSPRING_INGESTION_STARTS_PER_SECOND: 0.1,
      WELLSPRING_ALLOWED_COMMANDS: [],
      WELLSPRING_CLOUDWATCH_METRICS: 'off',
    });
  });

  test('are read from text: lists, durations, numbers; an empty variable is as if it were not set', () => {
    const env = {
      WELLSPRING_DATABASE_URL: url,
      WELLSPRING_TASK_QUEUES: ' collect, browser ,',
      WELLSPRING_HEARTBEAT_TIMEOUT: '15 seconds',
      WELLSPRING_UPLOADS: '48',
      LOG_LEVEL: '',
      TOKEN: 'value',
    };
    const config = readWorkerConfig(env);

    expect(config).toMatchObject({
      WELLSPRING_TASK_QUEUES: ['collect', 'browser'],
      WELLSPRING_HEARTBEAT_TIMEOUT: 15_000,
      WELLSPRING_UPLOADS: 48,
      LOG_LEVEL: 'info',
    });
    expect([config.variable('TOKEN'), config.variable('NONE')]).toEqual(['value', undefined]);
  });

  test('that are wrong are named all at once, with their values but without the address of the database', () => {
    const env = {
      WELLSPRING_UPLOADS: '0',
      WELLSPRING_TASK_QUEUES: 'collekt',
      WELLSPRING_SHUTDOWN_GRACE: 'soon',
      WELLSPRING_BUCKET_OWNER: '12',
    };

    expect(() => readWorkerConfig(env)).toThrow(
      /5 settings are wrong\..*WELLSPRING_DATABASE_URL is missing\./,
    );
    expect(() => readWorkerConfig(env)).toThrow(
      /WELLSPRING_UPLOADS is "0".*WELLSPRING_SHUTDOWN_GRACE is "soon": expected a duration/,
    );
    expect(() => readWorkerConfig({ WELLSPRING_DATABASE_URL: '' })).toThrow(
      '1 setting is wrong. WELLSPRING_DATABASE_URL is missing.',
    );
  });
});

describe('the health server', () => {
  test('tells life, readiness with its reason, and metrics; and closes', async () => {
    let reason: string | undefined = 'The workers are starting.';
    let broken = false;
    const server = await startHealthServer({
      address: '127.0.0.1:0',
      notReady: () => reason,
      metrics: () => (broken ? Promise.reject(new Error('secret')) : Promise.resolve('metric 1\n')),
    });
    const get = async (path: string) => {
      const response = await fetch(`${server.url}${path}`);
      return [response.status, await response.text()];
    };

    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    expect(await get('/readyz')).toEqual([503, 'The workers are starting.\n']);
    reason = undefined;
    expect(await get('/readyz?verbose')).toEqual([200, 'ready\n']);
    expect(await get('/metrics')).toEqual([200, 'metric 1\n']);
    broken = true;
    expect(await get('/metrics')).toEqual([503, 'The metrics could not be read.\n']);
    expect((await get('/other'))[0]).toBe(404);
    const taken = startHealthServer({
      address: server.url.slice(7),
      notReady: () => reason,
      metrics: async () => '',
    });
    await expect(taken).rejects.toThrow('EADDRINUSE');
    await server.close();
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed');
  });
});

describe('the gauges', () => {
  const url = withDatabase();
  let db: Database;
  beforeAll(async () => {
    db = openDatabase(url());
    await migrate(db);
  });
  afterAll(() => db.destroy());

  test('tell freshness of the sources in force that ever ended well, and are computed once in five seconds', async () => {
    await storeRevision(db, {
      definitions: [sourceDefinition({ id: 'docs' }), sourceDefinition({ id: 'never' })],
      author: 'a',
    });
    const reference = { tenant: 'default', source: 'docs', digest: 'd', trigger: 'manual' };
    const startedAt = new Date();
    await openRun(db, {
      ...reference,
      id: 'r',
      temporalRunId: 't',
      startedAt,
      nominalAt: startedAt,
    });
    await endRun(db, {
      id: 'r',
      temporalRunId: 't',
      verdict: { status: 'succeeded', because: '' },
    });
    let statements = 0;
    const counting = db.withPlugin({
      transformQuery: ({ node }) => {
        statements += 1;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    const gauges = createGauges(counting);

    const [text] = await Promise.all([gauges(), gauges(), gauges()]);
    await gauges();

    expect(statements).toBe(6);
    expect(text).toMatch(
      /wellspring_source_freshness_ratio\{tenant="default",source="docs"\} 0(\.\d+)?\n/,
    );
    expect(text).toMatch(
      /wellspring_source_last_success_timestamp_seconds\{tenant="default",source="docs"\} \d+/,
    );
    expect(text).not.toContain('source="never"');
    expect(text).toContain('wellspring_documents_live 0\n');
    // One that was never collected is within its time.
    expect(text).toContain('wellspring_fleet_freshness_ratio 1\n');
    expect(text).toContain('wellspring_sources_late 0\n');
    expect(text).toContain('wellspring_notices_open 0\n');
    expect(text).toContain('wellspring_notice_posts_waiting 0\n');
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^# (HELP|TYPE) \w+ .+$|^\w+(\{.*\})? -?[\d.]+$/);
  });

  test('that could not be read are asked for again at once', async () => {
    const closed = openDatabase('postgres://nobody@127.0.0.1:1/none');
    const gauges = createGauges(closed);

    await expect(gauges()).rejects.toThrow('ECONNREFUSED');
    await expect(gauges()).rejects.toThrow('ECONNREFUSED');
    await closed.destroy();
  });
});

describe('an error that leaves an activity', () => {
  function thrown(error: unknown, attempt = 1, cancel = false): Promise<unknown> {
    const env = new MockActivityEnvironment(
      { attempt, activityType: 'collectDocuments' },
      {
        logger: new DefaultLogger('ERROR', () => undefined),
        interceptors: [() => ({ inbound: activityInterceptor() })],
      },
    );
    if (cancel) env.cancel();
    const failing = async (): Promise<never> => {
      // oxlint-disable-next-line typescript/only-throw-error
      throw error;
    };
    return env.run(failing).catch((reason: unknown) => reason);
  }

  const abort = new DOMException('stopped', 'AbortError');

  test('of ours passes as it is', async () => {
    const ours = failure('AccessDenied', 'No.');
    expect(await thrown(ours)).toBe(ours);
  });

  test('of our database is named', async () => {
    const lost = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(await thrown(lost)).toMatchObject({ type: 'Unavailable', nonRetryable: false });
  });

  test('that nobody expected is a defect, which is tried three times', async () => {
    const bug = new TypeError('x is not a function');
    const foreign = ApplicationFailure.create({ type: 'Other', message: 'foreign' });
    const message = '"collectDocuments" broke: x is not a function';

    expect(await thrown(bug)).toMatchObject({ type: 'Defect', nonRetryable: false, message });
    expect(await thrown(bug, 3)).toMatchObject({ type: 'Defect', nonRetryable: true, message });
    expect(await thrown(foreign)).toMatchObject({ type: 'Defect' });
    expect(await thrown('text')).toMatchObject({
      type: 'Defect',
      message: '"collectDocuments" broke: text',
    });
  });

  test('of a cancellation stays one; an abort without a cancellation is a defect', async () => {
    const cancelled = new CancelledFailure('stop');
    expect(await thrown(cancelled)).toBe(cancelled);
    expect(await thrown(abort, 1, true)).toBe(abort);
    expect(await thrown(abort)).toMatchObject({ type: 'Defect' });
  });
});

describe('heartbeats', () => {
  test('come at entry and then at a third of the time-out, with the newest details, until the work ends', async () => {
    const beats: unknown[] = [];
    const env = new MockActivityEnvironment({ heartbeatTimeoutMs: 90 });
    env.on('heartbeat', (beat) => beats.push(beat));
    let state = 0;

    await env.run(() =>
      withHeartbeat(
        () => ({ state }),
        async () => {
          state = 1;
          await new Promise((resolve) => setTimeout(resolve, 200));
        },
      ),
    );
    const atEnd = beats.length;
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(beats.slice(0, 2)).toEqual([{ state: 0 }, { state: 1 }]);
    expect(atEnd).toBeGreaterThan(3);
    expect(beats).toHaveLength(atEnd);
  });

  test('end with a failure of the work, which is thrown', async () => {
    const logger = new DefaultLogger('ERROR', () => undefined);
    const env = new MockActivityEnvironment({ heartbeatTimeoutMs: 90 }, { logger });
    const failing = env.run(() =>
      withHeartbeat(
        () => 1,
        () => Promise.reject(failure('AccessDenied', 'No.')),
      ),
    );

    await expect(failing).rejects.toMatchObject({ type: 'AccessDenied' });
  });
});
