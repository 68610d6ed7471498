import { z } from 'zod';

const Body = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['markdown', 'text', 'html']), text: z.string() }),
  z.strictObject({
    kind: z.literal('csv'),
    text: z.string().min(1),
    contentField: z.string().min(1),
    metadataFields: z.array(z.string().min(1)),
  }),
  z.strictObject({ kind: z.literal('file'), contentType: z.string().min(1), path: z.string() }),
]);

/** What `SourceDocument` promises beyond its types: bounds, absolute URLs, times with offset, finite numbers. */
export const EmittedDocument = z.strictObject({
  id: z.string().min(1).max(2048),
  title: z.exactOptional(z.string().min(1)),
  url: z.exactOptional(z.url()),
  author: z.exactOptional(z.string().min(1)),
  tags: z.exactOptional(z.array(z.string().min(1))),
  modifiedAt: z.exactOptional(z.iso.datetime({ offset: true })),
  body: Body,
  attributes: z.exactOptional(
    z.record(
      z.string().min(1),
      z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
    ),
  ),
  validators: z.exactOptional(
    z.strictObject({
      etag: z.exactOptional(z.string()),
      lastModified: z.exactOptional(z.string()),
    }),
  ),
});
