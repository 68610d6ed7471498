import type { Incident } from '../adapters/postgres/incidents.ts';

/** A guidance for the very field that failed, as a person would write it. */
export function guidanceExample({
  id,
  fields: [field = 'title'],
}: Pick<Incident, 'id' | 'fields'>): string {
  const hint = field === '' ? 'records: li.item' : `${field}: .${field}`;
  return `repair guide ${id} --text "${hint}"`;
}
