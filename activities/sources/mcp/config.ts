import { z } from 'zod';
import { parsePath } from '../../../adapters/extraction/json-path.ts';
import { ChildEnvironment } from '../child-process/environment.ts';
import { ChildLimits } from '../child-process/limits.ts';
import { secret } from '../define-source.ts';

const Args = z.record(z.string(), z.json()).describe('Arguments of the tool.');
const Path = z
  .string()
  .refine((text) => parsePath(text) !== undefined, 'a path such as "data.items" or "rows[*].name"');

const Stdio = z.strictObject({
  type: z.literal('stdio'),
  command: z.string().min(1).describe('The program; started as it is, without a shell.'),
  args: z.exactOptional(z.array(z.string())),
  ...ChildEnvironment,
  ...ChildLimits,
  cwd: z.exactOptional(
    z
      .string()
      .min(1)
      .describe(
        "Working directory; a relative one begins at the worker's own, which is the folder of the definitions with npm start. Default: a temporary one.",
      ),
  ),
});

const Http = z.strictObject({
  type: z.literal('http'),
  url: z.string().min(1).describe('The Streamable HTTP endpoint of the server.'),
  headers: z.exactOptional(
    z.record(z.string(), secret(z.string())).describe('Sent with every request.'),
  ),
});

/** Where the values of a variable come from: a list, or what a tool answers. */
const Variable = z.union([
  z.array(z.union([z.string(), z.number()])).min(1),
  z.strictObject({
    tool: z.string().min(1),
    args: z.exactOptional(Args),
    itemsPath: z.exactOptional(
      Path.describe('Where the values are in the answer. A text there is read line by line.'),
    ),
  }),
]);

const Variables = z.record(z.string().regex(/^\w+$/u), Variable);

const Tool = z.strictObject({
  tool: z.string().min(1),
  args: z.exactOptional(Args.describe('Texts may hold "{name}" of "variables".')),
  variables: z.exactOptional(
    Variables.describe('The tool is called once for each combination of their values.'),
  ),
  pagination: z.exactOptional(
    z
      .strictObject({ cursorArg: z.string().min(1), nextPath: Path })
      .describe('The argument that takes the cursor, and where an answer holds the next one.'),
  ),
  itemsPath: z.exactOptional(
    Path.describe('A list in the answer: one document an item. Default: the whole answer is one.'),
  ),
  idPath: z.exactOptional(
    Path.describe('The id, in an item or in the whole answer. Default for items: "id".'),
  ),
  titlePath: z.exactOptional(Path),
  contentPath: z.exactOptional(
    Path.describe('The text. Default: all text of the answer, or the whole item as JSON.'),
  ),
  contentType: z.enum(['text/plain', 'text/markdown', 'text/html']).default('text/plain'),
});

export const McpConfig = z.strictObject({
  transport: z.discriminatedUnion('type', [Stdio, Http]),
  resources: z.exactOptional(
    z
      .strictObject({
        include: z.exactOptional(z.array(z.string().min(1)).min(1)),
        exclude: z.exactOptional(z.array(z.string().min(1)).min(1)),
      })
      .describe(
        'Globs over the URIs of listed resources. Default without templates and tools: all.',
      ),
  ),
  templates: z.exactOptional(
    z.array(z.strictObject({ uriTemplate: z.string().min(1), variables: Variables })).min(1),
  ),
  tools: z.exactOptional(z.array(Tool).min(1)),
  allowTools: z.exactOptional(
    z
      .array(z.string().min(1))
      .describe('Tools that may be called although the server does not call them read-only.'),
  ),
  maxResourceBytes: z
    .int()
    .min(1)
    .default(10 * 1024 * 1024)
    .describe('Largest resource or tool answer in bytes. Default: 10 MB.'),
});

export type McpConfig = z.infer<typeof McpConfig>;
export type VariableConfig = z.infer<typeof Variable>;
export type ToolConfig = z.infer<typeof Tool>;
export type TemplateConfig = NonNullable<McpConfig['templates']>[number];

/** Without any choice, all listed resources are meant. */
export function wantsResources({ resources, templates, tools }: McpConfig): boolean {
  return resources !== undefined || (templates === undefined && tools === undefined);
}
