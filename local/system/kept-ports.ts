import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { choosePort } from '../ports.ts';
import type { SystemContext } from './context.ts';

const Ports = z.record(z.string(), z.int().min(1).max(65_535));

/**
 * Chooses ports near wanted ones and keeps them in a file, so that a system listens where it did at its last start: the addresses of the
 * example site are part of what was collected from it. A port that somebody else has taken meanwhile is said, and another one chosen and kept.
 */
export async function keptPorts(
  file: string,
  announce: (line: string) => void,
): Promise<SystemContext['port']> {
  const kept = new Map(Object.entries(await readPorts(file)));
  const promised: number[] = [];
  const choose = async (name: string, wanted: number): Promise<number> => {
    const first = kept.get(name) ?? wanted;
    const { port, taken } = await choosePort(first, { except: promised });
    if (taken)
      announce(`Port ${first} is taken by another program: ${name} listens on ${port} instead.`);
    promised.push(port);
    kept.set(name, port);
    await writePorts(file, Object.fromEntries(kept));
    return port;
  };
  // Parts start at once: two that look at the same time would be promised the same port.
  let last: Promise<unknown> = Promise.resolve();
  return (name, wanted) => {
    const next = last.then(() => choose(name, wanted));
    last = next.catch(() => undefined);
    return next;
  };
}

/** A file that is missing or damaged costs nothing but the memory. */
async function readPorts(file: string): Promise<z.infer<typeof Ports>> {
  try {
    return Ports.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}

async function writePorts(file: string, ports: z.infer<typeof Ports>): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(ports, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
