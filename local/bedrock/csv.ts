/** Records of a CSV text by RFC 4180, the header first. Blank lines are skipped, as Bedrock does. Undefined: a quote stands where none may, or has no end. */
export function parseCsv(text: string): readonly (readonly string[])[] | undefined {
  const records: (readonly string[])[] = [];
  let fields: string[] = [];
  let from = text.startsWith('\uFEFF') ? 1 : 0;
  while (from < text.length) {
    const field = text[from] === '"' ? quotedField(text, from) : plainField(text, from);
    if (!field) return undefined;
    fields.push(field.value);
    from = field.end;
    if (text[from] === ',') {
      from += 1;
      // A comma at the very end is followed by an empty field.
      if (from === text.length) fields.push('');
      else continue;
    }
    if (!isBlank(fields)) records.push(fields);
    fields = [];
    from += text.startsWith('\r\n', from) ? 2 : 1;
  }
  return records;
}

interface Field {
  readonly value: string;
  /** Where its comma or line end stands. */
  readonly end: number;
}

function plainField(text: string, from: number): Field | undefined {
  PLAIN.lastIndex = from;
  const [value = ''] = PLAIN.exec(text) ?? [];
  const end = from + value.length;
  return text[end] === '"' ? undefined : { value, end };
}

const PLAIN = /[^",\r\n]*/uy;

function quotedField(text: string, from: number): Field | undefined {
  QUOTED.lastIndex = from;
  const [all] = QUOTED.exec(text) ?? [];
  if (all === undefined) return undefined;
  const end = from + all.length;
  const isEnd = end === text.length || /[,\r\n]/u.test(text[end] ?? '');
  return isEnd ? { value: all.slice(1, -1).replaceAll('""', '"'), end } : undefined;
}

const QUOTED = /"[^"]*(?:""[^"]*)*"/uy;

function isBlank(fields: readonly string[]): boolean {
  return fields.length === 1 && fields[0]?.trim() === '';
}
