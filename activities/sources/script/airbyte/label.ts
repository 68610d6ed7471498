import type { StreamName } from '../record.ts';

export interface Descriptor {
  readonly name: string;
  readonly namespace?: string | null | undefined;
}

/** How a definition names a stream: `users`, or `public.users` where it has a namespace. */
export function labelOf({ name, namespace }: Descriptor): string {
  return hasNamespace(namespace) ? `${namespace}.${name}` : name;
}

/** The first part of the ids of its records. */
export function streamName({ name, namespace }: Descriptor): StreamName {
  return hasNamespace(namespace) ? [namespace, name] : name;
}

function hasNamespace(namespace: string | null | undefined): namespace is string {
  return namespace !== undefined && namespace !== null && namespace !== '';
}
