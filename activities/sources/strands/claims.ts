import { z } from 'zod';
import type { Pages } from './pages.ts';

const Claim = z.object({
  text: z.string().min(1).max(2000).describe('One fact, in one or two sentences.'),
  source_url: z.string().min(1).max(2048).describe('The page that says so, as it was fetched.'),
  quote: z
    .string()
    .min(1)
    .max(1000)
    .describe('The words of that page that say so, copied exactly and without gaps.'),
});
export type Claim = z.infer<typeof Claim>;

/** The form of an agent's answer. */
export const Claims = z
  .object({ claims: z.array(Claim).max(100) })
  .describe('The answer as claims. Leave out what no page says; an empty list is an answer, too.');

export interface JudgedClaims {
  readonly verified: readonly Claim[];
  /** One clause for each claim that was dropped. */
  readonly dropped: readonly string[];
}

/**
 * Keeps the claims whose page we have read ourselves and whose quote stands there (sources A4). A page that the agent cites without having
 * read it is fetched now.
 */
export async function judgeClaims(
  claims: readonly Claim[],
  { pages, question }: { readonly pages: Pick<Pages, 'get'>; readonly question: string },
): Promise<JudgedClaims> {
  const verified = new Map<string, Claim>();
  const dropped: string[] = [];
  for (const claim of claims) {
    const page = await pages.get(claim.source_url, { question, beyondBudget: 'refuse' });
    const shown = claim.source_url.split('?')[0]?.slice(0, 200) ?? '';
    if ('refused' in page) dropped.push(`"${shown}" was not read`);
    else if (!holdsQuote(page.text, claim.quote))
      dropped.push(`"${shown}" does not hold the quote`);
    else {
      const checked = { ...claim, source_url: page.url };
      verified.set(JSON.stringify(checked), checked);
    }
  }
  return { verified: [...verified.values()], dropped };
}

/** Does the text hold the words of the quote, in their order and case? White space and marks of Markdown do not count. */
export function holdsQuote(text: string, quote: string): boolean {
  const words = plain(quote);
  const letters = words.replaceAll(/[^\p{L}\p{N}]/gu, '');
  return letters.length >= MIN_QUOTE_LETTERS && plain(text).includes(words);
}

/** Anything shorter stands on many pages and proves nothing. */
const MIN_QUOTE_LETTERS = 8;

function plain(markdown: string): string {
  return markdown
    .normalize('NFC')
    .replaceAll(/!?\[([^\]]*)\]\([^()\s]*(?:\s"[^"]*")?\)/g, '$1')
    .replaceAll(/^[ \t]*(?:#{1,6}|>|[-*+]|\d+\.)[ \t]+/gm, '')
    .replaceAll(/[*_`\\|]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
