import { z } from 'zod';

const Field = z
  .string()
  .min(1)
  .describe(
    'A field of the record; "a.b" is the field "b" inside "a", unless there is one of that name.',
  );
const Template = z.string().min(1);

/** How the records of one stream become documents. */
export const StreamConfig = z.strictObject({
  key: z.exactOptional(
    z
      .array(Field)
      .min(1)
      .describe('The fields that identify a record. Default: those that the stream declares.'),
  ),
  title: z.exactOptional(
    Template.describe(
      'A field, or a template such as "{{name}}, {{town}}". Default: "title" or "name".',
    ),
  ),
  body: z.exactOptional(
    z
      .union([Template, z.array(Field).min(1)])
      .describe(
        'A field, a list of fields, or a template such as "# {{name}}\\n\\n{{text}}". Default: every field with its name.',
      ),
  ),
  bodyType: z.exactOptional(
    z
      .enum(['text/markdown', 'text/plain', 'text/html'])
      .describe('What the body is. Default: "text/markdown".'),
  ),
  link: z.exactOptional(
    Template.describe(
      'A field that holds a URL, or a template such as "https://x.example.com/{{id}}".',
    ),
  ),
  author: z.exactOptional(Field),
  tags: z.exactOptional(Field),
  modifiedAt: z.exactOptional(Field.describe('The field with the time of the last change.')),
  deletedAt: z.exactOptional(
    Field.describe(
      'A field whose value says that the record was removed. Default: "_sdc_deleted_at" or "_ab_cdc_deleted_at".',
    ),
  ),
  metadata: z.exactOptional(
    z.array(Field).min(1).describe('The only fields that become attributes of a document.'),
  ),
  sync: z.exactOptional(
    z
      .enum(['incremental', 'full'])
      .describe(
        'Whether only changes are read or everything in each run. Default: "incremental" where the stream can.',
      ),
  ),
  cursor: z.exactOptional(
    Field.describe('The field that tells what changed, where the source lets one choose.'),
  ),
});

export type StreamConfig = z.infer<typeof StreamConfig>;
