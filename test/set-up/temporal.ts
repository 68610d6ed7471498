import type { TestProject } from 'vitest/node';
import { ownServer } from './servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the dev server that all files of project `temporal` share; its namespace is `default`. */
    readonly temporalAddress: string;
  }
}

/** Has the dev server up before the first file of project `temporal`: all of them need it. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('temporalAddress', await ownServer('temporal'));
}
