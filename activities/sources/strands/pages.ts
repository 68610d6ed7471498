import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { openManners } from '../../../adapters/net/manners.ts';
import { createNet, type NetResponse } from '../../../adapters/net/net.ts';
import type { FailureName } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import { statusOf } from '../web/visit-failure.ts';
import type { Budget } from './budget.ts';
import type { StrandsConfig } from './config.ts';
import { MAX_PAGE_BYTES, readPageText } from './page-text.ts';

/** What became of a page that the agent, or one of its claims, asked for. */
export type PageOutcome = z.infer<typeof PageOutcome>;
const PageOutcome = z.union([
  z.strictObject({ url: z.string(), title: z.exactOptional(z.string()), text: z.string() }),
  z.strictObject({ url: z.string(), refused: z.string() }),
]);

/** The pages of one run: each is asked for once, and read by whoever asks again from what is stored. */
export interface Pages {
  /**
   * @throws BudgetExceeded - no more pages may be asked for, unless that is to be a refusal.
   * @throws RateLimited - the host asks to wait, or its turn is more than a minute away.
   */
  get(url: string, asked: Asked): Promise<PageOutcome>;
  close(): Promise<void>;
}

interface Asked {
  /** The id of the question that it is for. */
  readonly question: string;
  /** What to do when the budget of pages is used up. */
  readonly beyondBudget: 'throw' | 'refuse';
}

export interface PagesOptions {
  readonly config: StrandsConfig;
  readonly env: SourceEnv;
  readonly budget: Budget;
  readonly signal: AbortSignal;
}

/** Reads pages of the listed hosts alone, through the guard, the rules and the turns of each host. */
export function openPages({ config, env, budget, signal }: PagesOptions): Pages {
  const { hosts, pageCharacters } = config.tools.fetch;
  const { allowedHosts, userAgent } = env.settings;
  const net = createNet({
    allowedHosts,
    onlyHosts: { hosts, setting: 'tools.fetch.hosts' },
    userAgent,
    maxBodyBytes: MAX_PAGE_BYTES,
    timeoutMs: PAGE_TIMEOUT_MS,
  });
  const manners = openManners({ net, userAgent, signal }, env.hosts);

  async function read(url: URL): Promise<PageOutcome> {
    const { href } = url;
    if (!(await manners.allows(href))) return { url: href, refused: 'robots.txt disallows it.' };
    await manners.takeTurn(href);
    const response = await net.fetch(href, { signal, headers: ACCEPT });
    await manners.heed(response);
    if (isMissing(response, href)) return { url: href, refused: `It answered ${response.status}.` };
    const { title, text } = await readPageText(response, env.settings.pageDeadlineMs, signal);
    const shown = text.slice(0, pageCharacters).toWellFormed();
    return { url: href, ...(title === undefined ? {} : { title }), text: shown };
  }

  return {
    async get(address, { question, beyondBudget }) {
      const url = addressOf(address);
      if (url === undefined) return { url: address.slice(0, 300), refused: 'It is no address.' };
      const refusal = await outcomeOf(url, () => Promise.resolve(net.guard.checkUrl(url)));
      if (refusal !== undefined) return refusal;
      const key = createHash('sha256').update(`page\n${url.href}`).digest('hex');
      const stored = await env.modelSteps.find(key);
      if (stored !== undefined) return PageOutcome.parse(JSON.parse(stored));
      if (beyondBudget === 'refuse' && !budget.hasPageLeft)
        return { url: url.href, refused: 'The budget of pages is used up.' };
      budget.admitPage();
      const outcome = (await outcomeOf(url, () => read(url))) ?? UNREAD;
      const result = JSON.stringify(outcome);
      await env.modelSteps.keep({ key, kind: 'page', question, step: 0, result });
      return outcome;
    },
    close: () => net.close(),
  };
}

const ACCEPT = { accept: 'text/html,application/xhtml+xml,text/markdown;q=0.9,text/plain;q=0.8' };
const PAGE_TIMEOUT_MS = 60_000;
const UNREAD = { url: '', refused: 'It could not be read.' };

/** Without the fragment: a place in the page is the same page. */
function addressOf(text: string): URL | undefined {
  const url = URL.parse(text.trim());
  if (url === null) return undefined;
  url.hash = '';
  return url;
}

function isMissing(response: NetResponse, asked: string): boolean {
  const { status, headers, url } = response;
  const answer = { status, headers, url, read: () => Promise.reject(new Error('unread')) };
  return statusOf(answer, asked, false).kind !== 'ok';
}

/** What is this page's own misfortune the agent is told; everything else ends the attempt. */
async function outcomeOf<T extends PageOutcome | void>(
  { href }: URL,
  act: () => Promise<T>,
): Promise<T | PageOutcome> {
  try {
    return await act();
  } catch (error) {
    const own = error instanceof ApplicationFailure && OWN_FAILURES.has(error.type ?? '');
    if (!own) throw error;
    return { url: href.slice(0, 2048), refused: error.message };
  }
}

const OWN_FAILURES: ReadonlySet<string> = new Set<FailureName>([
  'AccessDenied',
  'AuthExpired',
  'Blocked',
  'EmptyResult',
  'InvalidDocument',
  'PolicyDenied',
  'SourceUnavailable',
]);
