import type { Path } from './finding.ts';

/** A value as a sentence shows it: in double quotes, short, and without the password of a URL. */
export function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  const text = withoutPassword(written).replaceAll(/\s+/g, ' ');
  return `"${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}"`;
}

const MAX_SHOWN = 80;

/** The value at `path`, or undefined. Own properties only. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((here, key) => {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    return (here as Readonly<Record<string | number, unknown>>)[key];
  }, value);
}

function withoutPassword(text: string): string {
  return text.replaceAll(/(\/\/[^\s/@:]*):[^\s/@]*@/g, '$1:…@');
}
