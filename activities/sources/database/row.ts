import type { AttributeValue, SourceDocument } from '../contract.ts';
import { columnsIn, isTemplate, PLACEHOLDER, type DatabaseConfig } from './config.ts';
import type { Cell, Column, Kind, Row } from './dialect.ts';

/** The values of a row by column name. */
export type Values = ReadonlyMap<string, Cell>;

export function valuesOf(selected: readonly Column[], row: Row): Values {
  return new Map(selected.map((column, index) => [column.name, row[index] ?? null]));
}

/** `["7","de"]`: structured, so that `a` + `1_2` and `a_1` + `2` stay apart. */
export function idOf(key: readonly Column[], values: Values): string {
  return JSON.stringify(key.map((column) => values.get(column.name)?.text ?? null));
}

/** One row as a document. The same row gives the same text for ever. */
export function renderRow(config: DatabaseConfig, id: string, values: Values): SourceDocument {
  const plain = (column: string | undefined): string => displayed(values.get(column ?? ''));
  return {
    id,
    ...optional('title', plain(config.title).trim()),
    ...optional('url', linkOf(config, values)),
    ...optional('author', plain(config.author).trim()),
    ...optional('modifiedAt', instant(values.get(config.modifiedAt ?? config.cursor ?? ''))),
    ...tagsOf(config, values),
    ...attributesOf(config, values),
    body: { kind: 'markdown', text: bodyOf(config, values) },
  };
}

function optional<Name extends string>(name: Name, value: string): { [K in Name]?: string } {
  return value === '' ? {} : ({ [name]: value } as { [K in Name]: string });
}

function bodyOf(config: DatabaseConfig, values: Values): string {
  if (typeof config.body === 'string') {
    return isTemplate(config.body)
      ? filled(config.body, values, (text) => text)
      : displayed(values.get(config.body));
  }
  const columns = config.body ? columnsIn(config.body) : openColumns(config, values);
  return columns
    .map((column) => paragraph(column, values.get(column), config.body === undefined))
    .filter((text) => text !== '')
    .join('\n\n');
}

/** A mark of deletion says nothing about what is not deleted. */
function openColumns({ deleted }: DatabaseConfig, values: Values): readonly string[] {
  return [...values.keys()].filter((name) => name !== deleted?.column);
}

/** Text speaks for itself; a number or a time needs its name beside it. */
function paragraph(column: string, cell: Cell | undefined, labelled: boolean): string {
  const text = displayed(cell);
  if (text.trim() === '') return '';
  return cell?.kind === 'text' && !labelled ? text : `**${column}:** ${text}`;
}

function filled(template: string, values: Values, encode: (text: string) => string): string {
  return template.replaceAll(PLACEHOLDER, (_all, column: string) =>
    encode(displayed(values.get(column))),
  );
}

/** Left out when a value makes it no URL: a document without a link is better than none. */
function linkOf({ link }: DatabaseConfig, values: Values): string {
  if (link === undefined) return '';
  const url = isTemplate(link)
    ? filled(link, values, encodeURIComponent)
    : displayed(values.get(link)).trim();
  return URL.canParse(url) && /^https?:/iu.test(url) ? url : '';
}

function tagsOf(config: DatabaseConfig, values: Values): Pick<SourceDocument, 'tags'> {
  const cell = values.get(config.tags ?? '');
  if (!cell) return {};
  const tags = (listOf(cell) ?? cell.text.split(',')).map((tag) => tag.trim());
  const unique = [...new Set(tags.filter((tag) => tag !== ''))];
  return unique.length === 0 ? {} : { tags: unique };
}

function attributesOf(config: DatabaseConfig, values: Values): Pick<SourceDocument, 'attributes'> {
  const entries = (config.metadataColumns ?? []).flatMap((column): [string, AttributeValue][] => {
    const value = attribute(values.get(column) ?? null);
    return value === undefined ? [] : [[column, value]];
  });
  return entries.length === 0 ? {} : { attributes: Object.fromEntries(entries) };
}

function attribute(cell: Cell): AttributeValue | undefined {
  if (!cell || cell.kind === 'binary') return undefined;
  if (cell.kind === 'boolean') return isTrue(cell);
  const list = listOf(cell);
  if (list) return list.length === 0 ? undefined : list;
  const isNumber = ['integer', 'decimal', 'float'].includes(cell.kind);
  // A number that JavaScript would round stays a text.
  if (isNumber && isExact(cell.text)) return Number(cell.text);
  const text = displayed(cell);
  return text === '' ? undefined : text;
}

function isExact(text: string): boolean {
  const canonical = text.replace(/(\.\d*?)0+$/u, '$1').replace(/\.$/u, '');
  return Number.isFinite(Number(text)) && String(Number(text)) === canonical;
}

/** A flat JSON array as texts. Undefined for anything else. */
function listOf(cell: NonNullable<Cell>): readonly string[] | undefined {
  if (!cell.text.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(cell.text);
    const isFlat = Array.isArray(parsed) && parsed.every((one) => typeof one !== 'object');
    return isFlat ? parsed.map(String) : undefined;
  } catch {
    return undefined;
  }
}

/** How a value stands in a text: exact digits, ISO times, words for booleans. Binary values are left out. */
function displayed(cell: Cell | undefined): string {
  if (!cell) return '';
  const write = DISPLAY[cell.kind];
  return write ? write(cell) : cell.text;
}

const DISPLAY: Readonly<Partial<Record<Kind, (cell: NonNullable<Cell>) => string>>> = {
  binary: () => '',
  boolean: (cell) => (isTrue(cell) ? 'true' : 'false'),
  time: (cell) => isoTime(cell.text),
  list: (cell) => listOf(cell)?.join(', ') ?? cell.text,
};

function isTrue(cell: NonNullable<Cell>): boolean {
  return cell.text === 't' || cell.text === 'true';
}

/** `2006-02-15 21:30:53.123456+00` as `2006-02-15T21:30:53.123456Z`; other forms (infinity, BC) stay as they are. */
function isoTime(text: string): string {
  const [, day, time, zone] = TIME.exec(text) ?? [];
  if (day === undefined) return text;
  const isUtc = zone !== undefined && /^[+-]00(:?00)?$/u.test(zone);
  return `${day}T${time}${isUtc ? 'Z' : (zone ?? '')}`;
}

const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d(?::?\d\d)?)?$/u;

/** With offset, as `modifiedAt` needs it; a time without zone counts as UTC. Empty when the value is no time. */
function instant(cell: Cell | undefined): string {
  if (!cell || !['time', 'text', 'date'].includes(cell.kind)) return '';
  const iso = /^\d{4}-\d\d-\d\d$/u.test(cell.text) ? `${cell.text}T00:00:00` : isoTime(cell.text);
  if (!/^\d{4}-\d\d-\d\dT/u.test(iso) || Number.isNaN(Date.parse(iso))) return '';
  return /(Z|[+-]\d\d:?\d\d)$/u.test(iso) ? iso : `${iso}Z`;
}
