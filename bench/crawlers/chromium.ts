import { findChromium } from '../../adapters/browser/find-chromium.ts';

/** The Chromium that a worker would take. @throws InvalidConfig - there is none: the sentence says what to do. */
export function benchChromium(): Promise<string> {
  const { CHROMIUM_PATH: chromiumPath, PATH = '' } = process.env;
  return findChromium({ chromiumPath, searchPath: PATH.split(':') });
}

/** What every side starts it with: Chromium refuses to sandbox for root. */
export async function launchOptions() {
  const executablePath = await benchChromium();
  return { executablePath, headless: true, chromiumSandbox: process.getuid?.() !== 0 };
}
