import { z } from 'zod';
import { duration } from './duration-entry.ts';
import { RepairSettingsEntry } from './repair-entry.ts';
import { DEFAULT_SCHEDULE } from './schedule-text.ts';
import { SLUG, slugOf } from './slug.ts';

/** The keys of a definitions file. Entries are checked one by one, so that one bad entry hides no other. */
export const DefinitionsFile = z.strictObject({
  include: z
    .exactOptional(z.array(z.string().min(1)))
    .describe('More files with the same keys: paths or globs, relative to this file.'),
  knowledgeBases: z.exactOptional(z.array(z.unknown())).describe('Where documents go.'),
  notifications: z
    .exactOptional(z.array(z.unknown()))
    .describe('Webhooks that are told when something needs a person.'),
  repair: z
    .exactOptional(z.unknown())
    .describe('How far repairs may go by themselves, for all sources and for tenants.'),
  sources: z.exactOptional(z.array(z.unknown())).describe('Where documents come from.'),
});

const Slug = z.string().regex(SLUG, {
  error: ({ input }) =>
    `Use lower-case letters, digits and hyphens, at most 63, such as "${slugOf(String(input))}".`,
});

const Bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
  error: 'A bucket name has 3 to 63 lower-case letters, digits, dots and hyphens.',
});

/** Keys spend their 128 bytes better than on odd characters, which proxies and Bedrock's URIs break. */
const Prefix = z.string().regex(/^\/?(?:[\w.-]+(?:\/[\w.-]+)*)?\/?$/, {
  error: 'A prefix has letters, digits, "_", "." and "-", with single slashes between them.',
});

/** A regular expression that finds something in a text, but not nothing: an empty match stands between any two letters. */
const Pattern = z
  .string()
  .min(1)
  .max(200)
  .superRefine((text, context) => {
    try {
      if (!new RegExp(text, 'u').test('')) return;
      context.addIssue({
        code: 'custom',
        message: 'This matches the empty text. Write what must be there, such as "Version \\d+".',
      });
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'Use a regular expression of JavaScript, such as "Version \\d+\\.\\d+".',
      });
    }
  });

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

export const KnowledgeBaseEntry = z.strictObject({
  id: Slug.describe('Our name for it, which sources refer to.'),
  knowledgeBaseId: z.string().min(1).describe("Bedrock's id of the knowledge base."),
  dataSourceId: z.string().min(1).describe("Bedrock's id of its S3 data source."),
  bucket: z
    .exactOptional(Bucket)
    .describe('Bucket that the data source reads. Default: SOURCE_AGENTS_S3_BUCKET.'),
  prefix: Prefix.default('').describe('Key prefix that the data source reads; empty for all.'),
  region: z
    .exactOptional(
      z
        .string()
        .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: 'Use a region such as "eu-central-1".' }),
    )
    .describe('AWS region. Default: SOURCE_AGENTS_S3_REGION, then the region of the worker.'),
  evidence: z
    .exactOptional(z.strictObject({ bucket: Bucket, prefix: Prefix.default('evidence') }))
    .describe('Where previews and evidence go: a place that the data source does not read.'),
  vectorStore: z
    .enum(['general', 's3-vectors'])
    .default('general')
    .describe('"s3-vectors" keeps metadata within the limits of S3 Vectors.'),
  sync: z
    .exactOptional(
      z.strictObject({
        quiet: z.exactOptional(duration(SECOND_MS, HOUR_MS, '1 second to 1 hour')),
        maxWait: z.exactOptional(duration(SECOND_MS, 24 * HOUR_MS, '1 second to 24 hours')),
      }),
    )
    .describe(
      'Ingestion starts after `quiet` without changes (2 minutes), at most `maxWait` after the first (10 minutes).',
    ),
});

export const SourceEntry = z.strictObject({
  id: Slug.describe('Name of the source: part of keys and workflow ids, so it stays.'),
  tenant: Slug.default('default').describe('First part of each key. Default: "default".'),
  title: z.exactOptional(z.string().min(1).max(120)).describe('For people. Default: the id.'),
  type: z.string().describe('Source type.'),
  enabled: z.boolean().default(true).describe('false pauses its schedule.'),
  schedule: z
    .string()
    .default(DEFAULT_SCHEDULE)
    .describe(`Cron line of 5 fields, or "every 6 hours". Default: "${DEFAULT_SCHEDULE}".`),
  timezone: z.string().default('UTC').describe('IANA time zone of the schedule. Default: "UTC".'),
  knowledgeBase: z
    .exactOptional(z.string())
    .describe('Id of a knowledge base. Default: the only one.'),
  category: z
    .exactOptional(z.string())
    .describe('One to three slugs joined by "/". Default: the source type.'),
  limits: z
    .exactOptional(
      z.strictObject({
        timeout: z
          .exactOptional(duration(SECOND_MS, 2 * HOUR_MS, '1 second to 2 hours'))
          .describe('Longest time of one slice. Default: "30 minutes".'),
        maxDocuments: z
          .exactOptional(z.number().int().min(1))
          .describe('A run takes no more documents than this. Default: no bound.'),
        sliceDocuments: z
          .exactOptional(z.number().int().min(1).max(250_000))
          .describe('A slice ends after this many documents. Default: 250000.'),
        maxDeletedShare: z
          .exactOptional(z.number().min(0).max(1))
          .describe(
            'Deletions beyond this share (0 to 1), and beyond "deletionFloor", are held. Default: 0.15.',
          ),
        deletionFloor: z
          .exactOptional(z.number().int().min(0))
          .describe(
            'At most this many deletions go without a question, whatever their share. Default: 5.',
          ),
        maxDeletions: z
          .exactOptional(z.number().int().min(0))
          .describe('More deletions than these are held, whatever their share. Default: no bound.'),
      }),
    )
    .describe('Bounds of a run.'),
  freshness: z
    .exactOptional(
      z.strictObject({
        grace: duration(SECOND_MS, 31 * 24 * HOUR_MS, '1 second to 31 days').describe(
          'How much later than its period the source may be. Default: a tenth of the period, at least 10 minutes.',
        ),
      }),
    )
    .describe('When the source counts as late.'),
  changes: z
    .exactOptional(
      z.strictObject({
        ignore: z
          .array(Pattern)
          .min(1)
          .max(20)
          .describe(
            'Regular expressions: a document that differs only in what they match is not stored again.',
          ),
      }),
    )
    .describe('What counts as a change, for sources that print versions or times on each page.'),
  repair: z
    .exactOptional(RepairSettingsEntry)
    .describe('How far repairs of this source may go by themselves.'),
  config: z.record(z.string(), z.unknown()).default({}).describe('What the source type needs.'),
});

export type KnowledgeBaseEntry = z.infer<typeof KnowledgeBaseEntry>;
export type SourceEntry = z.infer<typeof SourceEntry>;
