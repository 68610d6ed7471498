import { z } from 'zod';
import { failure } from '../../workflows/failures.ts';
import type { SourceShape } from '../../workflows/collection/compare-discoveries.ts';
import type { ScopeRuling } from '../../workflows/collection/explanation.ts';
import type { CheckResult, Discovery } from '../../workflows/collection/inspection.ts';
import type { AgainMessage, ReadMessage, SourceEnv, SourceSpec, SourceType } from './contract.ts';

/** A source type as the table holds it: its Config and Cursor never leave the file that declares them. */
export interface BoundSourceType {
  readonly spec: SourceSpec;
  /** Documents that failed can be read again alone. */
  readonly readsAgain: boolean;
  /** The schema of `config`, for the loader of definitions, which turns its issues into sentences with file and line. */
  readonly config: z.ZodType;
  /** What the schema cannot say of a config that it has parsed. No I/O. @throws InvalidConfig - names the field. */
  validate(parsed: unknown): void;
  /** Parses `config` with this type's own schema and binds it. @throws InvalidConfig - names the field. */
  open(config: unknown): OpenSource;
}

export interface OpenSource {
  check(env: SourceEnv): Promise<readonly CheckResult[]>;
  discover(env: SourceEnv): Promise<Discovery>;
  /** Only where the type can tell cheaply. */
  readonly shape?: (env: SourceEnv) => Promise<SourceShape>;
  /** Only where the configuration names what is taken. */
  readonly ruleOn?: (about: string) => Promise<ScopeRuling>;
  /** `from` is a cursor that this type emitted before, as JSON; it is parsed here. */
  read(from: unknown, env: SourceEnv): AsyncIterable<ReadMessage<unknown>>;
  /** Only where the type can. */
  readonly readAgain?: (ids: readonly string[], env: SourceEnv) => AsyncIterable<AgainMessage>;
}

export interface Shapes<Config, Cursor> {
  readonly config: z.ZodType<Config>;
  readonly cursor: z.ZodType<Cursor>;
}

/** Closes over both type parameters, so that the table holds plain objects. */
export function defineSource<Config, Cursor>(
  shapes: Shapes<Config, Cursor>,
  type: SourceType<Config, Cursor>,
): BoundSourceType {
  const configSchema = z.toJSONSchema(shapes.config, { io: 'input' });
  return {
    spec: { ...type.spec, configSchema },
    config: shapes.config,
    readsAgain: type.readAgain !== undefined,
    // The schema of this very type has parsed it.
    validate: (parsed) => type.validate?.(parsed as Config),
    open(raw) {
      const config = parse(shapes.config, raw, `config of a "${type.spec.name}" source`);
      type.validate?.(config);
      const readAgain = type.readAgain?.bind(type);
      const ruleOn = type.ruleOn?.bind(type);
      return {
        check: (env) => type.check(config, env),
        discover: (env) => type.discover(config, env),
        ...(type.shape ? { shape: (env: SourceEnv) => shape(type, config, env) } : {}),
        ...(ruleOn ? { ruleOn: (about: string) => ruleOn(config, about) } : {}),
        read: (from, env) =>
          type.read(config, parseCursor(shapes.cursor, from, type.spec.name), env),
        ...(readAgain
          ? { readAgain: (ids: readonly string[], env: SourceEnv) => readAgain(config, ids, env) }
          : {}),
      };
    },
  };
}

function shape<Config, Cursor>(
  type: SourceType<Config, Cursor>,
  config: Config,
  env: SourceEnv,
): Promise<SourceShape> {
  return type.shape ? type.shape(config, env) : Promise.resolve({ streams: [] });
}

/** Marks a field of a config as a secret: its value stays a reference (`${env:NAME}`) until the activity that needs it. */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), 'x-secret': true });
}

function parseCursor<Cursor>(
  schema: z.ZodType<Cursor>,
  from: unknown,
  name: string,
): Cursor | null {
  return from === null || from === undefined
    ? null
    : parse(schema, from, `stored cursor of a "${name}" source`);
}

function parse<T>(schema: z.ZodType<T>, raw: unknown, what: string): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const places = result.error.issues.map(
    (issue) => `"${issue.path.join('.') || '(whole)'}": ${issue.message}`,
  );
  throw failure(
    'InvalidConfig',
    `The ${what} is wrong at ${places.join('; ')}. Mend the definition and apply it again.`,
  );
}
