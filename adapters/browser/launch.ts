import type { Browser, LaunchOptions } from 'playwright-core';
import { failure } from '../../workflows/failures.ts';
import { createGuard, type Guard } from '../net/guard.ts';
import { MEMORY_LIMITS, watchMemory, type BrowserMemory, type MemoryLimits } from './memory.ts';
import { startForwardProxy, type ForwardProxy } from './forward-proxy.ts';

export interface ChromiumOptions {
  /** The file of a Chromium or Chrome. */
  readonly executablePath: string;
  /** Hosts that pages may reach although they are internal, as in `createGuard`. */
  readonly allowedHosts: readonly string[];
  /** Default: `MEMORY_LIMITS`. */
  readonly memory?: MemoryLimits;
}

/** A Chromium and the proxy that is its only way out. */
export interface Chromium {
  readonly browser: Browser;
  readonly proxy: ForwardProxy;
  /** What the proxy judges with; an address is judged before it is typed in, too. */
  readonly guard: Guard;
  readonly memory: BrowserMemory;
  /** Ends both, at the latest after 5 seconds. */
  close(): Promise<void>;
}

/**
 * Starts a headless Chromium whose every connection goes through a guarded proxy of its own.
 * @throws SandboxUnavailable - it does not start on this machine.
 */
export async function launchChromium(options: ChromiumOptions): Promise<Chromium> {
  const { chromium } = await import('playwright-core');
  const guard = createGuard({ allowedHosts: options.allowedHosts });
  const proxy = await startForwardProxy(guard);
  try {
    const browser = await chromium.launch(launchOptions(options.executablePath, proxy.address));
    const memory = await watchMemory(browser, options.memory ?? MEMORY_LIMITS);
    return {
      browser,
      proxy,
      guard,
      memory,
      async close() {
        memory.stop();
        await browser.close().catch(() => {});
        await proxy.close();
      },
    };
  } catch (error) {
    await proxy.close();
    throw failure(
      'SandboxUnavailable',
      `Chromium at "${options.executablePath}" did not start. Run it by hand with --headless to see why, or set CHROMIUM_PATH to another one.`,
      { cause: error },
    );
  }
}

function launchOptions(executablePath: string, proxyAddress: string): LaunchOptions {
  return {
    executablePath,
    headless: true,
    // Chromium refuses to sandbox for root; everybody else gets its sandbox.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [...FLAGS, `--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1`],
    proxy: { server: proxyAddress, bypass: '<-loopback>' },
    timeout: 30_000,
    // The worker's own shutdown aborts what renders, which closes the browser; a killed worker breaks its pipe, which ends it too.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  };
}

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  // WebRTC would send UDP past the proxy.
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  // A page's scripts get half a gigabyte, then the page crashes instead of the worker.
  '--js-flags=--max-old-space-size=512',
];
