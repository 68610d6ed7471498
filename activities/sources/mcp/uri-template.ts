import { failure } from '../../../workflows/failures.ts';

export type Values = Readonly<Record<string, string | number>>;

/** The names of a URI template, in order. @throws InvalidConfig - it uses more than `{name}` and `{+name}` of RFC 6570. */
export function templateNames(template: string): readonly string[] {
  const names = [...template.matchAll(EXPRESSION)].map(([expression, inner = '']) => {
    const match = NAME.exec(inner);
    if (match?.[2] !== undefined) return match[2];
    throw failure(
      'InvalidConfig',
      `The URI template "${template}" has the expression "${expression}". Only "{name}" and "{+name}" of RFC 6570 are supported; write the other parts out.`,
    );
  });
  if (/[{}]/u.test(template.replaceAll(EXPRESSION, ''))) {
    throw failure(
      'InvalidConfig',
      `The URI template "${template}" has a brace without its other half.`,
    );
  }
  return names;
}

/** Fills a template in: `{name}` percent-encodes all but unreserved characters, `{+name}` lets reserved ones through (RFC 6570, 3.2.2 and 3.2.3). */
export function expandTemplate(template: string, values: Values): string {
  return template.replaceAll(EXPRESSION, (_whole, inner: string) => {
    const [, operator = '', name = ''] = NAME.exec(inner) ?? [];
    const value = String(values[name] ?? '').toWellFormed();
    return operator === '+' ? keepReserved(value) : encodeAll(value);
  });
}

const EXPRESSION = /\{([^{}]*)\}/gu;
const NAME = /^(\+?)(\w+)$/u;

function encodeAll(value: string): string {
  return encodeURIComponent(value).replaceAll(
    /[!'()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `encodeURI` would encode brackets, which are reserved, and the percent sign of what is encoded already. */
function keepReserved(value: string): string {
  return encodeURI(value)
    .replaceAll('%5B', '[')
    .replaceAll('%5D', ']')
    .replaceAll(/%25(?=[0-9A-Fa-f]{2})/gu, '%');
}
