/** What to do with a body: extract it, take it as text, pass it on as a file, or leave it. */
export type ContentKind =
  | { readonly kind: 'html' | 'markdown' | 'text' | 'json' }
  /** A format that the knowledge base reads itself. `contentType` is the registered one, whatever the server said. */
  | { readonly kind: 'file'; readonly contentType: string; readonly extension: string }
  /** Said to be a file of such a format, and is none: an error page of another format, or cut off. */
  | { readonly kind: 'mislabelled'; readonly contentType: string }
  | { readonly kind: 'other'; readonly contentType: string };

/** Decides by magic bytes first, then by `Content-Type`, then by the ending of the path: servers lie in this order. */
export function contentKindOf(body: Buffer, header: string | undefined, path: string): ContentKind {
  const contentType = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const ending = /\.([a-z0-9]{1,8})$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return fromBytes(body, ending) ?? fromHeader(contentType, ending) ?? sniffed(body, contentType);
}

function fromBytes(body: Buffer, ending: string): ContentKind | undefined {
  if (body.subarray(0, 1024).includes('%PDF-')) return file('pdf');
  if (body.subarray(0, 4).equals(ZIP)) return officeOf(body) ?? other('application/zip');
  if (!body.subarray(0, 8).equals(OLE)) return undefined;
  return ending === 'doc' || ending === 'xls' ? file(ending) : other('application/x-ole-storage');
}

const ZIP = Buffer.from('PK\u0003\u0004');
const OLE = Buffer.from('d0cf11e0a1b11ae1', 'hex');

/** A zip names its members in the directory at its end. */
function officeOf(body: Buffer): ContentKind | undefined {
  const directory = body.subarray(-65_536);
  const main = OFFICE_MEMBERS.find(
    ([member]) => directory.includes(member) || body.subarray(0, 65_536).includes(member),
  );
  return main && file(main[1]);
}

const OFFICE_MEMBERS = [
  ['word/document.xml', 'docx'],
  ['xl/workbook.xml', 'xlsx'],
] as const;

function fromHeader(contentType: string, ending: string): ContentKind | undefined {
  if (contentType === 'text/html' || contentType === 'application/xhtml+xml')
    return { kind: 'html' };
  if (contentType === 'text/markdown' || contentType === 'text/x-markdown')
    return { kind: 'markdown' };
  if (contentType === 'text/csv') return file('csv');
  if (contentType === 'application/json' || contentType.endsWith('+json')) return { kind: 'json' };
  if (contentType === 'text/plain' || UNSAID.has(contentType))
    return fromEnding(ending, contentType);
  // Its magic bytes would have told; what looks like a page is read as one.
  if (FILE_CONTENT_TYPES.has(contentType)) return undefined;
  // A type that says more than "some bytes", and is none that we take.
  return contentType.startsWith('text/') && !CODE.has(contentType)
    ? { kind: 'text' }
    : other(contentType);
}

/** Servers say `text/plain` or nothing at all for endings that they do not know. */
function fromEnding(ending: string, contentType: string): ContentKind | undefined {
  if (ending === 'md' || ending === 'markdown') return { kind: 'markdown' };
  if (ending === 'csv') return file('csv');
  if (contentType === 'text/plain') return { kind: 'text' };
  if (ending === 'txt') return { kind: 'text' };
  return ending === 'json' ? { kind: 'json' } : undefined;
}

function sniffed(body: Buffer, contentType: string): ContentKind {
  const start = body.subarray(0, 1024).toString('latin1').toLowerCase();
  if (/<(?:!doctype html|html|head|body)[\s>]/.test(start)) return { kind: 'html' };
  return FILE_CONTENT_TYPES.has(contentType)
    ? { kind: 'mislabelled', contentType }
    : other(contentType || 'unknown');
}

const UNSAID: ReadonlySet<string> = new Set([
  '',
  'application/octet-stream',
  'binary/octet-stream',
]);
const CODE: ReadonlySet<string> = new Set([
  'text/css',
  'text/javascript',
  'text/xml',
  'text/calendar',
  'text/vcard',
]);

function file(extension: keyof typeof FILE_TYPES): ContentKind {
  return { kind: 'file', contentType: FILE_TYPES[extension], extension };
}

function other(contentType: string): ContentKind {
  return { kind: 'other', contentType };
}

/** What Bedrock reads besides text: Bedrock user guide, "Supported document formats". Slides are none of them. */
const FILE_TYPES = {
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  pdf: 'application/pdf',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;

/** CSV has no magic bytes. */
const FILE_CONTENT_TYPES: ReadonlySet<string> = new Set(
  Object.values(FILE_TYPES).filter((type) => type !== FILE_TYPES.csv),
);
