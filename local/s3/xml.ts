import { XMLParser } from 'fast-xml-parser';
import { S3Error } from './s3-error.ts';

/** An element: its name, then its text or its children. */
export type XmlElement = readonly [
  name: string,
  content: string | number | boolean | readonly XmlElement[],
];

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A whole XML document of S3. Errors stand outside the namespace, as S3 sends them. */
export function xmlDocument(root: string, children: readonly XmlElement[]): string {
  const attribute = root === 'Error' ? '' : ` xmlns="${NAMESPACE}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${children.map(element).join('')}</${root}>`;
}

function element([name, content]: XmlElement): string {
  const inner = Array.isArray(content) ? content.map(element).join('') : escaped(String(content));
  return `<${name}>${inner}</${name}>`;
}

/** Control characters become references: written as themselves, a parser would normalise or refuse them. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"\p{Cc}]/gu, (char) => {
    const name = NAMED.get(char);
    return name ?? `&#x${char.charCodeAt(0).toString(16)};`;
  });
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

/** A parsed element of a request: its text, and its children by name. */
export interface ParsedElement {
  text(name: string): string | undefined;
  children(name: string): readonly ParsedElement[];
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
});

/**
 * The root element of a request body, when it has the expected name.
 * @throws MalformedXML
 */
export function parseXml(body: Buffer, root: string): ParsedElement {
  let tree: unknown;
  try {
    tree = parser.parse(body.toString('utf8'), true);
  } catch {
    throw malformed(root);
  }
  const found = field(tree, root);
  if (found === undefined || Array.isArray(found)) throw malformed(root);
  return parsed(found);
}

function malformed(root: string): S3Error {
  return new S3Error(
    'MalformedXML',
    `The request body is not a well-formed XML document with the root "${root}".`,
  );
}

function parsed(node: unknown): ParsedElement {
  return {
    text: (name) => {
      const value = field(node, name);
      return typeof value === 'string' ? value : undefined;
    },
    children: (name) => {
      const value = field(node, name);
      if (value === undefined) return [];
      return (Array.isArray(value) ? value : [value]).map(parsed);
    },
  };
}

function field(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, name)
    ? (node as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
