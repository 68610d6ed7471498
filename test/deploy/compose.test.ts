import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseDuration } from '../../adapters/definitions/duration.ts';
import { readBedrockConfig } from '../../local/config.ts';
import { readWorkerConfig, WorkerSettings } from '../../workers/config.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string): string => readFileSync(`${ROOT}${name}`, 'utf8');

const Needs = z.record(z.string(), z.object({ condition: z.string() }));
const Service = z.object({
  image: z.string(),
  build: z.object({ target: z.string() }).optional(),
  restart: z.string().optional(),
  profiles: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: Needs.default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  stop_grace_period: z.string().optional(),
  command: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
});
const Compose = z.object({
  services: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.unknown()),
});

const text = read('docker-compose.yml');
const compose = Compose.parse(parse(text, { merge: true }));
const services = Object.entries(compose.services).map(([name, raw]) => {
  const { healthcheck, ...rest } = raw as { healthcheck?: { disable?: boolean } };
  const checked = healthcheck?.disable ? rest : raw;
  return { name, ...Service.parse(checked) };
});
const lasting = services.filter(({ restart }) => restart === 'unless-stopped');
const oneShots = services.filter(({ restart }) => restart?.startsWith('on-failure'));
const workers = services.filter(({ name }) => name.startsWith('worker-'));
const named = (name: string) => {
  const found = services.find((one) => one.name === name);
  if (!found) throw new Error(`docker-compose.yml has no service "${name}".`);
  return found;
};

test('every service lasts, runs once, or is a tool that people start', () => {
  const tools = services.filter(({ profiles }) => profiles.includes('tools'));

  expect(lasting.length + oneShots.length + tools.length).toBe(services.length);
});

test.each(services)('$name is pinned by a variable with a default', ({ image }) => {
  const [, pin] = /\$\{[A-Z0-9_]+:-([^}]+)\}$/.exec(image) ?? [];

  expect(pin).toMatch(/\d+\.\d+/);
  expect(image).not.toContain('latest');
});

test.each(lasting)('$name has a health check', ({ healthcheck }) => {
  expect(healthcheck?.test[0]).toBe('CMD');
});

test.each(services)('$name waits for what it needs', ({ depends_on }) => {
  for (const [need, { condition }] of Object.entries(depends_on)) {
    const once = oneShots.some(({ name }) => name === need);
    expect(named(need)).toBeDefined();
    expect(condition).toBe(once ? 'service_completed_successfully' : 'service_healthy');
  }
});

test.each(['postgresql', 's3', 'bedrock'])('%s keeps its data in a named volume', (name) => {
  const volumes = named(name).volumes.map((volume) => volume.split(':')[0] ?? '');

  expect(volumes.length).toBeGreaterThan(0);
  expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(volumes));
});

test('only the Web UI is published, and only to this machine', () => {
  const published = services.flatMap(({ name, ports }) => ports.map((port) => `${name} ${port}`));

  expect(published).toEqual(['temporal-ui 127.0.0.1:${UI_PORT:-8080}:8080']);
});

test('the workers serve every task queue once', () => {
  const queues = workers.flatMap((one) => one.environment['WELLSPRING_TASK_QUEUES']?.split(','));
  const all = readWorkerConfig({ WELLSPRING_DATABASE_URL: 'x' }).WELLSPRING_TASK_QUEUES;

  expect(queues).toHaveLength(all.length);
  expect(new Set(queues)).toEqual(new Set<unknown>(all));
});

test.each(workers)('$name takes its settings as they are written', ({ environment }) => {
  const config = readWorkerConfig(resolved(environment));

  expect(config.WELLSPRING_HTTP_ADDRESS).toBe('0.0.0.0:9464');
  expect(config.WELLSPRING_TASK_QUEUES.length).toBeGreaterThan(0);
});

/** `shutdownForceTime` of run-workers.ts lies this far behind the grace. */
const FORCE_MS = 15_000;

test.each(workers)('$name is not killed before its own shutdown is over', (service) => {
  const { WELLSPRING_SHUTDOWN_GRACE: graceMs } = readWorkerConfig(resolved(service.environment));

  expect(parseDuration(service.stop_grace_period ?? '')).toBeGreaterThan(graceMs + FORCE_MS);
});

test.each(workers)('$name cannot gain privileges', ({ security_opt }) => {
  expect(security_opt).toContain('no-new-privileges:true');
});

test('the embedded Bedrock stands behind a profile and takes its settings', () => {
  const { profiles, environment, command } = named('bedrock');
  const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

  const config = readBedrockConfig({ ...resolved(environment), ...keys });

  expect(profiles).toEqual(['local-bedrock']);
  expect(config).toMatchObject({ host: '0.0.0.0', port: 7256, s3Url: 'http://s3:7070' });
  expect(statSync(`${ROOT}${command[1]}`).isFile()).toBe(true);
});

test('the set-up of Temporal registers every search attribute with its type', () => {
  const script = named('temporal-setup').command.join('\n');
  const [, keywords = ''] = /for name in ([\w ]+); do/.exec(script) ?? [];
  const others = [...script.matchAll(/^ *attribute (\w+) (\w+)$/gm)].map(([, name, type]) => [
    name,
    type?.toUpperCase(),
  ]);
  const registered = [...keywords.split(' ').map((name) => [name, 'KEYWORD']), ...others];

  expect(Object.fromEntries(registered)).toEqual(
    Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, type])),
  );
});

test.each(['docker-compose.yml', 'Dockerfile', '.env.example'])(
  '%s names only settings that exist',
  (file) => {
    const used = new Set(read(file).match(/\bWELLSPRING_[A-Z_]+/g));
    const known = Object.keys(WorkerSettings.shape);

    expect([...used].filter((name) => !known.includes(name))).toEqual([]);
  },
);

test('.env.example names every variable that must be set', () => {
  const required = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name);
  const given = [...read('.env.example').matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name);

  expect(given).toEqual(expect.arrayContaining(required));
});

test('the image is pinned, runs as an ordinary user, and brings its workflow bundle', () => {
  const dockerfile = read('Dockerfile');
  const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\w+)$/gm)].map(([, from, name]) => ({
    from,
    name,
  }));
  const users = [...dockerfile.matchAll(/^USER (\w+)$/gm)].map(([, user]) => user);

  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24\.\d+\.\d+-bookworm-slim$/m);
  expect(stages.map(({ from }) => from)).toEqual([
    '${NODE_IMAGE}',
    'dependencies',
    '${NODE_IMAGE}',
    'worker',
  ]);
  expect(users).toEqual(['node', 'root', 'node']);
  expect(dockerfile).toContain('npm ci --omit=dev');
  expect(dockerfile).toContain('node workers/build-bundle.ts /app/workflow-bundle.js');
  expect(dockerfile).toContain('WELLSPRING_WORKFLOW_BUNDLE=/app/workflow-bundle.js');
  const targets = services.flatMap(({ build }) => build?.target ?? []);
  const names = new Set<string | undefined>(stages.map(({ name }) => name));
  expect(targets.filter((target) => !names.has(target))).toEqual([]);
});

test('what the image copies is not ignored', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)];
  const allowed = new Set(read('.dockerignore').match(/^!.+$/gm));
  const paths = copied.flatMap(([, list]) => (list ?? '').split(' '));

  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !allowed.has(`!${path}`))).toEqual([]);
});

/** As compose resolves it with nothing but the required variables set. */
function resolved(environment: Readonly<Record<string, string>>): Record<string, string> {
  const variable = /\$\{[A-Z0-9_]+(?:(:?-)([^}]*)|:\?[^}]*)\}/g;
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replaceAll(variable, (_, kind?: string, fallback?: string) =>
        kind === undefined ? 'given' : (fallback ?? ''),
      ),
    ]),
  );
}
